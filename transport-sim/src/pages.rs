//! Buckets of equal pages. What a bucket gives back serves the next one, so that memory follows the number
//! of events under way and not the number of buckets that were ever full.

/// Items of a page. With 64 to 512 the speed is the same, with 32 it is less.
const PAGE: usize = 128;

/// Up to [`PAGE`] items.
pub(crate) type Page<T> = Vec<T>;

/// Items in the order in which they came, on pages.
pub(crate) struct Bucket<T> {
    open: Page<T>,
    full: Vec<Page<T>>,
}

impl<T> Default for Bucket<T> {
    fn default() -> Self {
        Self { open: Vec::new(), full: Vec::new() }
    }
}

/// Pages without a bucket.
pub(crate) struct Pool<T> {
    free: Vec<Page<T>>,
    /// Pages that were ever made.
    made: usize,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { free: Vec::new(), made: 0 }
    }
}

impl<T> Pool<T> {
    fn page(&mut self) -> Page<T> {
        self.free.pop().unwrap_or_else(|| {
            self.made += 1;
            Vec::with_capacity(PAGE)
        })
    }

    /// Takes a page back, with whatever is left on it.
    pub(crate) fn give_back(&mut self, mut page: Page<T>) {
        page.clear();
        self.free.push(page);
    }

    /// Bytes of all pages, in use or not.
    pub(crate) const fn bytes(&self) -> usize {
        self.made * PAGE * size_of::<T>()
    }
}

impl<T> Bucket<T> {
    /// Adds an item; a new page comes from the pool.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: T, pool: &mut Pool<T>) {
        // Either full, or there is none: a page that was opened holds an item.
        if self.open.len().is_multiple_of(PAGE) {
            self.turn(pool);
        }
        self.open.push(item);
    }

    /// The open page is full, or there is none.
    #[cold]
    #[inline(never)]
    fn turn(&mut self, pool: &mut Pool<T>) {
        let full = std::mem::replace(&mut self.open, pool.page());
        if !full.is_empty() {
            self.full.push(full);
        }
    }

    /// Moves all pages to the end of `pages`.
    pub(crate) fn take_into(&mut self, pages: &mut Vec<Page<T>>) {
        pages.append(&mut self.full);
        if self.open.capacity() > 0 {
            pages.push(std::mem::take(&mut self.open));
        }
    }

    /// All items.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().chain([&self.open]).flatten()
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

/// Calls `each` with every item and its place.
#[inline(always)]
pub(crate) fn for_each<T>(pages: &[Page<T>], mut each: impl FnMut(u32, &T)) {
    for (first, page) in (0u32..).step_by(PAGE).zip(pages) {
        for (place, item) in (first..).zip(page) {
            each(place, item);
        }
    }
}

/// At most how many items the pages hold.
pub(crate) const fn room<T>(pages: &[Page<T>]) -> usize {
    pages.len() * PAGE
}
