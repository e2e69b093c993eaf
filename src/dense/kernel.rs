//! Products of matrices in integers: weights of 8 bits, inputs of 14, sums of 32.
//!
//! Integer sums do not depend on their order, so the widest instructions of the machine give the same figures as none.
//! The instructions come through `pulp`'s safe wrappers, chosen when the program runs. A sum of 8-bit pairs would need
//! half the instructions where a machine has them, but saturates on those that do not, and leaves the inputs 6 bits less.

use pulp::cast;

/// Rows of a matrix that are computed together.
const PANEL: usize = 32;
/// Inputs that pass over a panel together.
const BLOCK: usize = 8;
/// Inputs reach so far: `127 × 8191 × 2048` columns fit into 31 bits.
const LIMIT: f32 = 8191.0;
/// Weights reach so far.
const WEIGHT_LIMIT: f32 = 127.0;

/// What one machine's instructions must give: sums of 32 rows at a time.
pub trait Lanes: Copy {
    type Weights: Copy;
    type Sums: Copy;
    /// Sums of nothing.
    fn zero(self) -> Self::Sums;
    /// Two neighbouring columns of 32 rows.
    fn load(self, weights: &[i8; 2 * PANEL]) -> Self::Weights;
    /// Adds two columns, each times its input.
    fn add(self, sums: Self::Sums, weights: Self::Weights, inputs: [i16; 2]) -> Self::Sums;
    /// The sums by row.
    fn store(self, sums: Self::Sums) -> [i32; PANEL];
}

/// Work that is compiled once for each kind of machine.
pub trait Task {
    type Output;
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// Does the work with the widest instructions at hand.
pub fn run<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    match pulp::Arch::new() {
        pulp::Arch::V4(lanes) => {
            return lanes.vectorize(
                #[inline(always)]
                || task.run(lanes),
            );
        }
        pulp::Arch::V3(lanes) => {
            return lanes.vectorize(
                #[inline(always)]
                || task.run(lanes),
            );
        }
        _ => {}
    }
    task.run(Portable)
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V4 {
    type Weights = [pulp::i16x32; 2];
    type Sums = [pulp::i32x16; 2];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        [self.splat_i32x16(0); 2]
    }

    #[inline(always)]
    fn load(self, weights: &[i8; 2 * PANEL]) -> Self::Weights {
        let halves: [pulp::i8x32; 2] = cast(*weights);
        halves.map(
            #[inline(always)]
            |half| self.convert_i8x32_to_i16x32(half),
        )
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, weights: Self::Weights, inputs: [i16; 2]) -> Self::Sums {
        let inputs = cast(self.splat_i32x16(cast(inputs)));
        std::array::from_fn(
            #[inline(always)]
            |part| {
                let product = self.multiply_wrapping_add_adjacent_i16x32(weights[part], inputs);
                cast(self.wrapping_add_u32x16(cast(sums[part]), cast(product)))
            },
        )
    }

    #[inline(always)]
    fn store(self, sums: Self::Sums) -> [i32; PANEL] {
        cast(sums)
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V3 {
    type Weights = [pulp::i16x16; 4];
    type Sums = [pulp::i32x8; 4];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        [self.splat_i32x8(0); 4]
    }

    #[inline(always)]
    fn load(self, weights: &[i8; 2 * PANEL]) -> Self::Weights {
        let quarters: [pulp::i8x16; 4] = cast(*weights);
        quarters.map(
            #[inline(always)]
            |quarter| self.convert_i8x16_to_i16x16(quarter),
        )
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, weights: Self::Weights, inputs: [i16; 2]) -> Self::Sums {
        let inputs = cast(self.splat_i32x8(cast(inputs)));
        std::array::from_fn(
            #[inline(always)]
            |part| {
                let product = self.multiply_wrapping_add_adjacent_i16x16(weights[part], inputs);
                cast(self.wrapping_add_u32x8(cast(sums[part]), cast(product)))
            },
        )
    }

    #[inline(always)]
    fn store(self, sums: Self::Sums) -> [i32; PANEL] {
        cast(sums)
    }
}

/// Any machine.
#[derive(Clone, Copy)]
struct Portable;

impl Lanes for Portable {
    type Weights = [i8; 2 * PANEL];
    type Sums = [i32; PANEL];

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        [0; PANEL]
    }

    #[inline(always)]
    fn load(self, weights: &[i8; 2 * PANEL]) -> Self::Weights {
        *weights
    }

    #[inline(always)]
    fn add(self, mut sums: Self::Sums, weights: Self::Weights, inputs: [i16; 2]) -> Self::Sums {
        for (sum, pair) in sums.iter_mut().zip(weights.as_chunks::<2>().0) {
            *sum += i32::from(pair[0]) * i32::from(inputs[0]) + i32::from(pair[1]) * i32::from(inputs[1]);
        }
        sums
    }

    #[inline(always)]
    fn store(self, sums: Self::Sums) -> [i32; PANEL] {
        sums
    }
}

/// Weights in 8 bits, a scale for each row.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    /// By panel, by pair of columns, by row: the pair's two weights.
    panels: Vec<[i8; 2 * PANEL]>,
    /// By row; of whole panels.
    scales: Vec<f32>,
}

impl Matrix {
    /// An empty matrix of an even number of columns.
    pub fn new(columns: usize) -> Matrix {
        Matrix { columns, ..Matrix::default() }
    }

    /// A matrix of rows of so many weights.
    pub fn of(columns: usize, weights: &[f32]) -> Matrix {
        let mut matrix = Matrix::new(columns);
        for row in weights.chunks_exact(columns) {
            let (whole, scale) = shorten(row);
            matrix.push(&whole, scale);
        }
        matrix
    }

    /// Adds a row.
    pub fn push(&mut self, weights: &[i8], scale: f32) {
        let pairs = self.columns / 2;
        let place = self.rows % PANEL;
        if place == 0 {
            self.panels.resize(self.panels.len() + pairs, [0; 2 * PANEL]);
            self.scales.resize(self.scales.len() + PANEL, 0.0);
        }
        let start = self.panels.len() - pairs;
        for (slot, pair) in self.panels[start..].iter_mut().zip(weights.as_chunks::<2>().0) {
            slot[2 * place..2 * place + 2].copy_from_slice(pair);
        }
        self.scales[self.rows] = scale;
        self.rows += 1;
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Each input times each row, by input; what is there is written over. `output` holds `inputs × rows` figures.
    #[inline(always)]
    pub fn multiply<L: Lanes>(&self, lanes: L, inputs: &Inputs, output: &mut [f32]) {
        let pairs = self.columns / 2;
        for (panel, weights) in self.panels.chunks_exact(pairs.max(1)).enumerate() {
            let all = inputs.scales.len();
            let mut input = 0;
            while input + BLOCK <= all {
                let sums = block::<L, BLOCK>(lanes, weights, &inputs.pairs[input * pairs..]);
                self.emit(lanes, panel, &sums, &inputs.scales[input..], &mut output[input * self.rows..]);
                input += BLOCK;
            }
            while input + 4 <= all {
                let sums = block::<L, 4>(lanes, weights, &inputs.pairs[input * pairs..]);
                self.emit(lanes, panel, &sums, &inputs.scales[input..], &mut output[input * self.rows..]);
                input += 4;
            }
            while input < all {
                let sums = block::<L, 1>(lanes, weights, &inputs.pairs[input * pairs..]);
                self.emit(lanes, panel, &sums, &inputs.scales[input..], &mut output[input * self.rows..]);
                input += 1;
            }
        }
    }

    /// Gives the sums of one panel their scales and puts them where they belong, an input after the other.
    #[inline(always)]
    fn emit<L: Lanes>(&self, lanes: L, panel: usize, sums: &[L::Sums], scales: &[f32], output: &mut [f32]) {
        let start = panel * PANEL;
        let end = self.rows.min(start + PANEL);
        for ((sums, scale), output) in sums.iter().zip(scales).zip(output.chunks_exact_mut(self.rows)) {
            let figures = lanes.store(*sums).into_iter().zip(&self.scales[start..end]);
            for (to, (sum, own)) in output[start..end].iter_mut().zip(figures) {
                *to = sum as f32 * (own * scale);
            }
        }
    }
}

/// The sums of one panel for `N` inputs.
#[inline(always)]
fn block<L: Lanes, const N: usize>(lanes: L, panel: &[[i8; 2 * PANEL]], inputs: &[[i16; 2]]) -> [L::Sums; N] {
    let pairs = panel.len();
    let mut sums = [lanes.zero(); N];
    let rows: [&[[i16; 2]]; N] = std::array::from_fn(|i| &inputs[i * pairs..][..pairs]);
    for (i, weights) in panel.iter().enumerate() {
        let weights = lanes.load(weights);
        for (sums, row) in sums.iter_mut().zip(rows) {
            *sums = lanes.add(*sums, weights, row[i]);
        }
    }
    sums
}

/// Inputs of a product in integers, a scale for each.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    pairs: Vec<[i16; 2]>,
    scales: Vec<f32>,
}

impl Inputs {
    /// Takes other inputs, rows of so many figures.
    #[inline(always)]
    pub fn take(&mut self, figures: &[f32], columns: usize) {
        self.pairs.clear();
        self.pairs.reserve(figures.len() / 2);
        self.scales.clear();
        for row in figures.chunks_exact(columns) {
            let greatest = greatest(row);
            let factor = if greatest > 0.0 { LIMIT / greatest } else { 0.0 };
            self.scales.push(greatest / LIMIT);
            let pairs = row.as_chunks::<2>().0.iter();
            self.pairs.extend(pairs.map(|[a, b]| [nearest(a * factor) as i16, nearest(b * factor) as i16]));
        }
    }
}

/// A row in 8 bits, and its scale.
pub fn shorten(row: &[f32]) -> (Vec<i8>, f32) {
    let greatest = greatest(row);
    let factor = if greatest > 0.0 { WEIGHT_LIMIT / greatest } else { 0.0 };
    (row.iter().map(|w| nearest(w * factor) as i8).collect(), greatest / WEIGHT_LIMIT)
}

/// The greatest figure of a row, whatever its sign.
#[inline(always)]
fn greatest(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<16>();
    let mut lanes = [0.0f32; 16];
    for chunk in chunks {
        for (lane, figure) in lanes.iter_mut().zip(chunk) {
            *lane = if figure.abs() > *lane { figure.abs() } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(0.0, |most, figure| figure.abs().max(most))
}

/// The nearest whole number of a figure within ±2²²: adding this makes the last places of the sum the number.
#[inline(always)]
fn nearest(figure: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    (figure + SHIFT).to_bits().cast_signed() - SHIFT.to_bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Product<'a>(&'a Matrix, &'a Inputs, usize);

    impl Task for Product<'_> {
        type Output = Vec<f32>;

        fn run<L: Lanes>(self, lanes: L) -> Vec<f32> {
            let mut output = vec![0.0; self.0.rows() * self.2];
            self.0.multiply(lanes, self.1, &mut output);
            output
        }
    }

    /// Figures that look random and are always the same.
    fn figures(count: usize, mut state: u32) -> Vec<f32> {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn every_machine_gives_the_same_and_nearly_the_exact_product() {
        for (rows, columns, count) in [(1, 32, 1), (32, 64, 3), (70, 96, 13), (64, 1536, 8)] {
            let (weights, given) = (figures(rows * columns, 7), figures(count * columns, 11));
            let matrix = Matrix::of(columns, &weights);
            let mut inputs = Inputs::default();
            inputs.take(&given, columns);
            let product = Product(&matrix, &inputs, count).run(Portable);
            assert_eq!(product, run(Product(&matrix, &inputs, count)), "{rows} × {columns}, {count}");
            for (i, row) in given.chunks_exact(columns).enumerate() {
                for (j, weights) in weights.chunks_exact(columns).enumerate() {
                    let exact: f32 = row.iter().zip(weights).map(|(a, b)| a * b).sum();
                    let error = (product[i * rows + j] - exact).abs();
                    assert!(error < 0.01 * (columns as f32).sqrt(), "{rows} × {columns}: {error}");
                }
            }
        }
    }
}
