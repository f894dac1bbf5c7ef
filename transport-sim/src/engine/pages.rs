//! Buckets of equal pages. What a bucket gives back serves the next one, so that memory follows the number
//! of events under way and not the number of buckets that were ever full.

use prefetch_index::prefetch_index;

/// Items of a page: 4 KiB of events.
const PAGE: usize = 128;

/// The memory behind the end of an open page is fetched so many items ahead.
const AHEAD: usize = 4;

/// So many items at the beginning of the next page are fetched ahead ..
const NEXT: usize = 16;
/// .. of which so many stand in a line of the cache.
const A_LINE: usize = 2;

/// Up to [`PAGE`] items.
pub(crate) type Page<T> = Vec<T>;

/// Buckets: each holds items in the order in which they came, on pages. The pages that are being filled are
/// apart from the full ones, so that what each push touches fits the first cache.
pub(crate) struct Buckets<T> {
    open: Vec<Page<T>>,
    full: Vec<Vec<Page<T>>>,
    /// Pages without a bucket.
    free: Vec<Page<T>>,
    /// How many pages were ever made.
    made: usize,
}

impl<T> Buckets<T> {
    /// So many empty buckets.
    pub(crate) fn new(count: usize) -> Self {
        let open = (0..count).map(|_| Vec::new()).collect();
        Self { open, full: (0..count).map(|_| Vec::new()).collect(), free: Vec::new(), made: 0 }
    }

    /// Adds an item to a bucket.
    #[inline(always)]
    pub(crate) fn push(&mut self, bucket: usize, item: T) {
        let page = &mut self.open[bucket];
        // Said so that the one comparison serves the vector as well, which else would make room itself.
        if page.len() < page.capacity() {
            // With many events the pages come from memory: the line that the next push begins is asked for
            // early. A tenth more packets at a million slots, nothing where the pages stay in the cache.
            prefetch_index(&*page, page.len() + AHEAD);
            return page.push(item);
        }
        self.turn(bucket);
        self.open[bucket].push(item);
    }

    /// The open page is full, or there is none.
    #[cold]
    #[inline(never)]
    fn turn(&mut self, bucket: usize) {
        let page = self.free.pop().unwrap_or_else(|| {
            self.made += 1;
            Vec::with_capacity(PAGE)
        });
        assert_eq!(page.capacity(), PAGE, "places count on it");
        let full = std::mem::replace(&mut self.open[bucket], page);
        if !full.is_empty() {
            self.full[bucket].push(full);
        }
    }

    /// Moves all pages of a bucket to the end of `pages`.
    pub(crate) fn take_into(&mut self, bucket: usize, pages: &mut Vec<Page<T>>) {
        pages.append(&mut self.full[bucket]);
        if self.open[bucket].capacity() > 0 {
            pages.push(std::mem::take(&mut self.open[bucket]));
        }
    }

    /// Takes a page back, with whatever is left on it.
    pub(crate) fn give_back(&mut self, mut page: Page<T>) {
        page.clear();
        self.free.push(page);
    }

    /// All items.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().flatten().chain(&self.open).flatten()
    }

    /// Bytes of all pages, in use or not, and of the buckets.
    pub(crate) const fn bytes(&self) -> usize {
        let buckets = self.open.len() * 2 * size_of::<Page<T>>();
        self.made * PAGE * size_of::<T>() + buckets
    }
}

/// The item at a place among pages: [`PAGE`] to a page.
#[inline(always)]
pub(crate) fn at<T>(pages: &mut [Page<T>], place: u32) -> Option<&mut T> {
    pages.get_mut(place as usize / PAGE)?.get_mut(place as usize % PAGE)
}

/// As [`at`], to look at.
#[inline]
pub(crate) fn peek<T>(pages: &[Page<T>], place: u32) -> Option<&T> {
    pages.get(place as usize / PAGE)?.get(place as usize % PAGE)
}

/// Asks the processor to have the item at a place in its cache soon.
#[inline(always)]
pub(crate) fn prefetch<T>(pages: &[Page<T>], place: u32) {
    if let Some(page) = pages.get(place as usize / PAGE) {
        prefetch_index(page, place as usize % PAGE);
    }
}

/// Asks for the beginning of the page behind the one with this place: pages lie anywhere in memory, and what reads
/// ahead by itself begins anew on each.
#[inline]
pub(crate) fn prefetch_next<T>(pages: &[Page<T>], place: u32) {
    if let Some(page) = pages.get(place as usize / PAGE + 1) {
        for item in (0..NEXT).step_by(A_LINE) {
            prefetch_index(page, item);
        }
    }
}

/// The pages, each with the place of its first item.
pub(crate) fn numbered<T>(pages: &[Page<T>]) -> impl Iterator<Item = (u32, &Page<T>)> {
    (0u32..).step_by(PAGE).zip(pages)
}

/// At most how many items the pages hold.
pub(crate) const fn room<T>(pages: &[Page<T>]) -> usize {
    pages.len() * PAGE
}
