//! Puts laid out components beside each other, largest in the middle, so that none touches another.
//!
//! Each component is the set of grid cells that its convex hull covers, with a margin; components are
//! placed by size at the free cell nearest to the middle (polyomino packing, Freivalds, Dogrusoz and
//! Kikusts 2002, with hulls in place of outlines: a component never ends up inside a ring).

/// Cells that the components' areas make together: fine enough for their outlines, coarse enough to be
/// quick.
const CELLS: f32 = 16_000.0;

/// Moves and scales components together into the unit box of a page `aspect` times as wide as high.
///
/// They come in a common unit, one node per unit of area. Returned with the unit in heights of the page.
pub(super) fn pack(mut components: Vec<Vec<(f32, f32)>>, aspect: f32) -> (Vec<Vec<(f32, f32)>>, f32) {
    let nodes: usize = components.iter().map(Vec::len).sum();
    if nodes == 0 {
        return (components, 0.0);
    }
    if components.len() > 1 {
        arrange(&mut components, (nodes as f32 / CELLS).sqrt().max(0.1), aspect);
    }
    let all = || components.iter().flatten();
    let (left, right) = extent(all().map(|p| p.0));
    let (top, bottom) = extent(all().map(|p| p.1));
    // A few nodes would otherwise be blown up to the whole page.
    let height = (bottom - top).max((right - left) / aspect).max(3.0);
    let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
    for (x, y) in components.iter_mut().flatten() {
        *x = (0.5 + (*x - middle_x) / (height * aspect)).clamp(0.0, 1.0);
        *y = (0.5 + (*y - middle_y) / height).clamp(0.0, 1.0);
    }
    (components, 1.0 / height)
}

fn extent(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// Free space kept around a component: a gap that is seen between nodes a unit apart, and more around
/// large components.
fn margin(nodes: usize) -> f32 {
    0.7 + 0.06 * (nodes as f32).sqrt()
}

/// Moves each component to its place.
fn arrange(components: &mut [Vec<(f32, f32)>], cell: f32, aspect: f32) {
    let shape = |places: &Vec<(f32, f32)>| Shape::new(places, cell, margin(places.len()));
    let shapes: Vec<Shape> = components.iter().map(shape).collect();
    let mut board = Board::new(&shapes, aspect);
    let mut resume = (0, 0);
    let second = components[1].len() * 4 > components[0].len();
    for (index, (places, shape)) in components.iter_mut().zip(&shapes).enumerate() {
        // Where one of this size did not fit, the next one will not either.
        let from = if resume.0 == places.len() { resume.1 } else { 0 };
        // Two large pieces of a split network stand at one height: so the gap between them is seen first.
        let (found, (column, row)) = board.place(shape, from, index == 1 && second);
        resume = (places.len(), found);
        for place in places {
            *place = (place.0 + column as f32 * cell, place.1 + row as f32 * cell);
        }
    }
}

/// The cells that a component covers: for each row the first and last column, relative to its middle.
struct Shape {
    rows: Vec<(i32, i32, i32)>,
}

impl Shape {
    fn new(places: &[(f32, f32)], cell: f32, margin: f32) -> Self {
        let hull = hull(places);
        let (top, bottom) = extent(hull.iter().map(|p| p.1));
        let cells = |value: f32| (value / cell).floor() as i32;
        let rows = (cells(top - margin)..=cells(bottom + margin)).filter_map(|row| {
            // What of the hull is within the margin of this row, widened by the margin.
            let band = (row as f32 * cell - margin, (row + 1) as f32 * cell + margin);
            let (left, right) = slice(&hull, band)?;
            Some((row, cells(left - margin), cells(right + margin)))
        });
        Self { rows: rows.collect() }
    }

    /// Half of the greater side, in cells.
    fn reach(&self) -> i32 {
        self.rows.iter().map(|&(row, left, right)| row.abs().max(-left).max(right) + 1).max().unwrap_or(1)
    }

    fn area(&self) -> i32 {
        self.rows.iter().map(|(_, left, right)| right - left + 1).sum()
    }
}

/// The corners of the convex hull, in order (monotone chain, Andrew 1979).
fn hull(places: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut points = places.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turn =
        |a: (f32, f32), b: (f32, f32), c: (f32, f32)| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    let half = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut chain: Vec<(f32, f32)> = Vec::new();
        for point in points {
            while chain.len() > 1 && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0.0 {
                chain.pop();
            }
            chain.push(point);
        }
        chain
    };
    let mut corners = half(&mut points.iter().copied());
    corners.extend(half(&mut points.iter().rev().copied()));
    corners
}

/// Least and greatest x of a closed outline between two heights; none if it does not reach there.
fn slice(outline: &[(f32, f32)], (top, bottom): (f32, f32)) -> Option<(f32, f32)> {
    let next = outline.iter().cycle().skip(1);
    let (left, right) = extent(outline.iter().zip(next).flat_map(|(&a, &b)| {
        let at = |height: f32| {
            let share = (height - a.1) / (b.1 - a.1);
            (share > 0.0 && share < 1.0).then_some(a.0 + share * (b.0 - a.0))
        };
        let corner = (top <= a.1 && a.1 <= bottom).then_some(a.0);
        [corner, at(top), at(bottom)].into_iter().flatten()
    }));
    (left <= right).then_some((left, right))
}

/// Which cells are taken, and the places to try, nearest to the middle first.
struct Board {
    half: i32,
    taken: Vec<bool>,
    tries: Vec<(i32, i32)>,
    /// The first row below everything placed so far.
    below: i32,
}

impl Board {
    fn new(shapes: &[Shape], aspect: f32) -> Self {
        let area: i32 = shapes.iter().map(Shape::area).sum();
        let reach = shapes.iter().map(Shape::reach).max().unwrap_or(1);
        // Everything fits into a disc of some times its area, beside the largest piece.
        let radius = ((area as f32).sqrt() * aspect.max(1.0 / aspect).sqrt()) as i32 + 2 * reach;
        let half = radius + reach + 1;
        let mut tries: Vec<(i32, i32)> =
            (-radius..=radius).flat_map(|row| (-radius..=radius).map(move |column| (column, row))).collect();
        let far = |&(column, row): &(i32, i32)| {
            let (x, y) = (column as f32 / aspect, row as f32);
            // Between an ellipse and a rectangle: fills the corners of the page, too.
            (x.powi(4) + y.powi(4), row, column)
        };
        tries.sort_by(|a, b| far(a).partial_cmp(&far(b)).unwrap_or(std::cmp::Ordering::Equal));
        let side = (2 * half + 1) as usize;
        Self { half, taken: vec![false; side * side], tries, below: 0 }
    }

    /// The board's cells of one row of a shape moved by `(dx, dy)`; none outside of the board.
    fn cells(&self, (row, left, right): (i32, i32, i32), (dx, dy): (i32, i32)) -> std::ops::Range<usize> {
        let half = self.half;
        if (row + dy).abs() > half || left + dx < -half || right + dx > half {
            return 0..0;
        }
        let start = (row + dy + half) * (2 * half + 1) + left + dx + half;
        start as usize..(start + right - left + 1) as usize
    }

    /// Takes the first free place from the try `from` on, or one below everything; returns the try and
    /// the place. With `level`, only places at the middle's height count.
    fn place(&mut self, shape: &Shape, from: usize, level: bool) -> (usize, (i32, i32)) {
        let free = |at: &(i32, i32)| {
            (!level || at.1 == 0)
                && shape.rows.iter().all(|&row| !self.taken[self.cells(row, *at)].contains(&true))
        };
        let rest = self.tries.iter().enumerate().skip(from);
        let found = rest.filter(|(_, at)| free(at)).map(|(index, &at)| (index, at)).next();
        let (index, at) = found.unwrap_or((self.tries.len(), (0, self.below + shape.reach())));
        for &row in &shape.rows {
            self.below = self.below.max(row.0 + at.1 + 1);
            let cells = self.cells(row, at);
            self.taken[cells].fill(true);
        }
        (index, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disc of points a unit apart.
    fn disc(nodes: usize) -> Vec<(f32, f32)> {
        let golden = 2.399_963;
        (0..nodes)
            .map(|i| ((i as f32 + 0.5) / std::f32::consts::PI).sqrt())
            .enumerate()
            .map(|(i, radius)| {
                let (sine, cosine) = (i as f32 * golden).sin_cos();
                (radius * cosine, radius * sine)
            })
            .collect()
    }

    fn line(nodes: usize) -> Vec<(f32, f32)> {
        (0..nodes).map(|i| (i as f32 - nodes as f32 / 2.0, 0.0)).collect()
    }

    /// Least distance between nodes of different components, in units of the spacing.
    fn gap(packed: &[Vec<(f32, f32)>], spacing: f32, aspect: f32) -> f32 {
        let mut least = f32::MAX;
        for (i, a) in packed.iter().enumerate() {
            for b in packed[i + 1..].iter().flatten() {
                for p in a {
                    least = least.min(((p.0 - b.0) * aspect).hypot(p.1 - b.1) / spacing);
                }
            }
        }
        least
    }

    #[test]
    fn components_keep_apart() {
        let sizes = [400, 60, 60, 30, 12, 7, 5, 3, 2, 2, 2, 2];
        let cases = [
            sizes.iter().map(|&nodes| disc(nodes)).collect(),
            vec![disc(200), disc(200)],
            vec![line(80), line(80), disc(50), line(9)],
            (0..300).map(|_| line(2)).collect::<Vec<_>>(),
        ];
        for (case, components) in cases.into_iter().enumerate() {
            let (packed, spacing) = pack(components, 1.3);
            let least = gap(&packed, spacing, 1.3);
            assert!(least > 1.0, "case {case}: {least} spacings");
            let inside = |v: f32| (0.0..=1.0).contains(&v);
            assert!(packed.iter().flatten().all(|p| inside(p.0) && inside(p.1)), "case {case}");
        }
    }

    #[test]
    fn two_halves_lie_side_by_side() {
        let (packed, _) = pack(vec![disc(300), disc(300)], 1.3);
        let middle = |places: &[(f32, f32)]| places.iter().map(|p| p.0).sum::<f32>() / places.len() as f32;
        assert!((middle(&packed[0]) - middle(&packed[1])).abs() > 0.4);
    }

    #[test]
    fn the_largest_is_in_the_middle_of_many() {
        let mut components = vec![disc(300)];
        components.extend((0..60).map(|_| disc(6)));
        let (packed, _) = pack(components, 1.0);
        let (x, y) = packed[0].iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / 300.0, y + p.1 / 300.0));
        assert!((x - 0.5).abs() < 0.12 && (y - 0.5).abs() < 0.12, "middle at {x}, {y}");
    }

    #[test]
    fn nothing_packs_to_nothing() {
        assert_eq!(pack(Vec::new(), 1.0), (Vec::new(), 0.0));
        let (packed, _) = pack(vec![vec![(5.0, 5.0)]], 1.0);
        assert_eq!(packed, [vec![(0.5, 0.5)]]);
    }
}
