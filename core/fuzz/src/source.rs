//! Numbers and parts from the bytes of a fuzzer.

/// Takes parts off the front of the bytes of a fuzzer; zeros when they are used up.
pub(crate) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    pub(crate) fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        for byte in &mut bytes {
            *byte = self.byte();
        }
        u64::from_be_bytes(bytes)
    }

    /// A part whose length comes before it.
    pub(crate) fn part(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()) * 4;
        let (part, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        part
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
