//! Pieces → one vector: a transformer encoder of the BERT kind (post-layer-norm), the mean over all pieces, length 1.
//!
//! Products with weights are taken in integers by `kernel`. What is left (attention among at most a few hundred pieces,
//! normalisation, GELU) is taken in `f32`, always in the same order, by loops that the compiler can make wide.

use std::path::Path;

use super::ModelError;
use super::file::{self, BLOCK, BLOCK_BYTES, ModelFile, Shape, Tensor};
use super::kernel::{self, Inputs, Lanes, Matrix, Task};
use super::tokenizer::Tokenizer;

/// What a text is to the encoder, which was trained to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A question asked, or a curated question that it is compared with.
    Question,
    Passage,
}

impl Role {
    fn prefix(self) -> &'static str {
        match self {
            Role::Question => "query: ",
            Role::Passage => "passage: ",
        }
    }
}

/// Turns texts into vectors. Immutable; shared by all threads.
pub struct Encoder {
    shape: Shape,
    tokenizer: Tokenizer,
    /// A row of blocks for each piece.
    pieces: Vec<u8>,
    /// What each place adds, the same for every text.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    /// The seal of the file.
    identity: String,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    norm: Norm,
}

struct Linear {
    weights: Matrix,
    bias: Vec<f32>,
}

struct Norm {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Encoder {
    /// Reads a model.
    pub fn open(path: &Path) -> Result<Encoder, ModelError> {
        let model = file::open(path)?;
        let identity = file::identity(path)?.unwrap_or_default();
        Encoder::new(model, identity).map_err(|what| ModelError::Damaged { path: path.to_owned(), what })
    }

    /// Makes a model ready. The error says what it lacks.
    pub fn new(model: ModelFile, identity: String) -> Result<Encoder, &'static str> {
        let ModelFile { shape, vocabulary, mut tensors } = model;
        let (width, inner) = (shape.width, shape.inner);
        let count = vocabulary.pieces.len();
        let mut plain = |name: &str, length: usize| match tensors.remove(name) {
            Some(Tensor::Plain(values)) if values.len() >= length => Ok(values),
            _ => Err("缺少张量或张量太小"),
        };
        let mut positions = plain("emb.pos", shape.positions * width)?;
        let kind = plain("emb.type", width)?;
        for row in positions.chunks_exact_mut(width) {
            row.iter_mut().zip(&kind).for_each(|(position, kind)| *position += kind);
        }
        let mut norm = |name: &str| -> Result<Norm, &'static str> {
            Ok(Norm { weights: plain(&format!("{name}.w"), width)?, bias: plain(&format!("{name}.b"), width)? })
        };
        let first = norm("emb.ln")?;
        let norms: Vec<(Norm, Norm)> = (0..shape.layers)
            .map(|i| Ok((norm(&format!("l{i}.aln"))?, norm(&format!("l{i}.oln"))?)))
            .collect::<Result<_, &'static str>>()?;
        let mut linear = |name: String, rows: usize, columns: usize| {
            let bias = match tensors.remove(&format!("{name}.b")) {
                Some(Tensor::Plain(values)) if values.len() == rows => values,
                _ => return Err("缺少张量或张量太小"),
            };
            let weights: Vec<f32> = match tensors.remove(&format!("{name}.w")) {
                Some(Tensor::Blocks(bytes)) if bytes.len() == rows * columns / BLOCK * BLOCK_BYTES => {
                    file::unpack(&bytes).collect()
                }
                _ => return Err("缺少张量或张量太小"),
            };
            Ok(Linear { weights: Matrix::of(columns, &weights), bias })
        };
        let mut layers = vec![];
        for (i, (attended_norm, norm)) in norms.into_iter().enumerate() {
            layers.push(Layer {
                query: linear(format!("l{i}.q"), width, width)?,
                key: linear(format!("l{i}.k"), width, width)?,
                value: linear(format!("l{i}.v"), width, width)?,
                attended: linear(format!("l{i}.ao"), width, width)?,
                attended_norm,
                wide: linear(format!("l{i}.fi"), inner, width)?,
                narrow: linear(format!("l{i}.fo"), width, inner)?,
                norm,
            });
        }
        let pieces = match tensors.remove("emb.word") {
            Some(Tensor::Blocks(bytes)) if bytes.len() == count * width / BLOCK * BLOCK_BYTES => bytes,
            _ => return Err("缺少张量或张量太小"),
        };
        let known = [vocabulary.begin, vocabulary.end, vocabulary.unknown];
        if known.iter().any(|id| *id as usize >= count) || shape.positions < 3 {
            return Err("词表不完整");
        }
        if width / shape.heads % CHUNK != 0 {
            return Err("尺寸不合程序");
        }
        Ok(Encoder { shape, tokenizer: Tokenizer::new(vocabulary), pieces, positions, norm: first, layers, identity })
    }

    /// Figures of a vector.
    pub fn width(&self) -> usize {
        self.shape.width
    }

    /// Which model this is: vectors of another one do not go with it.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The vector of a text, of length 1. What is longer than the model takes is left out.
    pub fn encode(&self, role: Role, text: &str) -> Vec<f32> {
        let pieces = self.tokenizer.pieces(&format!("{}{text}", role.prefix()), self.shape.positions);
        kernel::run(Forward { encoder: self, pieces: &pieces })
    }

    /// How many pieces a text is cut into.
    pub fn pieces(&self, role: Role, text: &str) -> usize {
        self.tokenizer.pieces(&format!("{}{text}", role.prefix()), self.shape.positions).len()
    }
}

/// One text's way through the layers.
struct Forward<'e> {
    encoder: &'e Encoder,
    pieces: &'e [u32],
}

impl Task for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<f32> {
        let Encoder { shape, pieces, positions, norm, layers, .. } = self.encoder;
        let (width, count) = (shape.width, self.pieces.len());
        let mut state = vec![0.0f32; count * width];
        let row = width / BLOCK * BLOCK_BYTES;
        for ((state, id), position) in state.chunks_exact_mut(width).zip(self.pieces).zip(positions.chunks_exact(width))
        {
            let start = *id as usize * row;
            let piece = file::unpack(&pieces[start..start + row]);
            state.iter_mut().zip(piece).zip(position).for_each(|((to, piece), position)| *to = piece + position);
        }
        norm.apply(&mut state, shape.epsilon);
        let mut inputs = Inputs::default();
        let mut narrow = vec![0.0f32; count * width];
        let mut wide = vec![0.0f32; count * shape.inner];
        let mut attention = Attention::new(count, shape);
        for layer in layers {
            inputs.take(&state, width);
            layer.query.apply(lanes, &inputs, &mut attention.queries);
            layer.key.apply(lanes, &inputs, &mut attention.keys);
            layer.value.apply(lanes, &inputs, &mut attention.values);
            attention.attend(&mut narrow);
            inputs.take(&narrow, width);
            layer.attended.apply(lanes, &inputs, &mut narrow);
            add(&mut state, &narrow);
            layer.attended_norm.apply(&mut state, shape.epsilon);
            inputs.take(&state, width);
            layer.wide.apply(lanes, &inputs, &mut wide);
            for figure in &mut wide {
                *figure = gelu(*figure);
            }
            inputs.take(&wide, shape.inner);
            layer.narrow.apply(lanes, &inputs, &mut narrow);
            add(&mut state, &narrow);
            layer.norm.apply(&mut state, shape.epsilon);
        }
        let mut mean = vec![0.0f32; width];
        for row in state.chunks_exact(width) {
            add(&mut mean, row);
        }
        let length = sum(&mean, |figure| figure * figure).sqrt();
        mean.iter_mut().for_each(|figure| *figure /= length.max(f32::MIN_POSITIVE));
        mean
    }
}

impl Linear {
    #[inline(always)]
    fn apply<L: Lanes>(&self, lanes: L, inputs: &Inputs, output: &mut [f32]) {
        self.weights.multiply(lanes, inputs, output);
        for row in output.chunks_exact_mut(self.bias.len()) {
            add(row, &self.bias);
        }
    }
}

impl Norm {
    #[inline(always)]
    fn apply(&self, rows: &mut [f32], epsilon: f32) {
        let width = self.weights.len();
        for row in rows.chunks_exact_mut(width) {
            let mean = sum(row, |figure| figure) / width as f32;
            let variance = sum(row, |figure| (figure - mean) * (figure - mean)) / width as f32;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for ((figure, weight), bias) in row.iter_mut().zip(&self.weights).zip(&self.bias) {
                *figure = (*figure - mean) * factor * weight + bias;
            }
        }
    }
}

/// What every piece takes from every other one.
struct Attention {
    heads: usize,
    /// Figures of a head, a multiple of [`CHUNK`].
    width: usize,
    count: usize,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    /// The keys of one head, by figure, then by piece.
    turned: Vec<f32>,
    /// The values of one head, by chunk of figures, then by piece.
    chunks: Vec<[f32; CHUNK]>,
    /// Of a group of queries, by query, then by piece.
    shares: Vec<f32>,
}

/// Queries that attend together.
const GROUP: usize = 4;
/// Figures that are added together.
pub const CHUNK: usize = 16;

impl Attention {
    fn new(count: usize, shape: &Shape) -> Attention {
        let (figures, width) = (vec![0.0; count * shape.width], shape.width / shape.heads);
        Attention {
            heads: shape.heads,
            width,
            count,
            queries: figures.clone(),
            keys: figures.clone(),
            values: figures,
            turned: vec![0.0; count * width],
            chunks: vec![[0.0; CHUNK]; count * width / CHUNK],
            shares: vec![0.0; GROUP * count],
        }
    }

    #[inline(always)]
    fn attend(&mut self, output: &mut [f32]) {
        let row = self.width * self.heads;
        for head in 0..self.heads {
            let own = head * self.width..(head + 1) * self.width;
            for piece in 0..self.count {
                let (key, value) = (&self.keys[piece * row..][own.clone()], &self.values[piece * row..][own.clone()]);
                for (i, figure) in key.iter().enumerate() {
                    self.turned[i * self.count + piece] = *figure;
                }
                for (i, chunk) in value.as_chunks::<CHUNK>().0.iter().enumerate() {
                    self.chunks[i * self.count + piece] = *chunk;
                }
            }
            let mut piece = 0;
            while piece + GROUP <= self.count {
                self.group::<GROUP>(head, piece, output);
                piece += GROUP;
            }
            while piece < self.count {
                self.group::<1>(head, piece, output);
                piece += 1;
            }
        }
    }

    /// What `N` pieces from `first` on take in one head.
    #[inline(always)]
    fn group<const N: usize>(&mut self, head: usize, first: usize, output: &mut [f32]) {
        let (count, row, start) = (self.count, self.width * self.heads, head * self.width);
        let factor = 1.0 / (self.width as f32).sqrt();
        let mut wholes = [0.0f32; N];
        for (n, whole) in wholes.iter_mut().enumerate() {
            let query = &self.queries[(first + n) * row + start..][..self.width];
            let shares = &mut self.shares[n * count..][..count];
            shares.fill(0.0);
            for (q, keys) in query.iter().zip(self.turned.chunks_exact(count)) {
                for (share, key) in shares.iter_mut().zip(keys) {
                    *share += q * key;
                }
            }
            let mut most = f32::NEG_INFINITY;
            for share in shares.iter() {
                most = if *share > most { *share } else { most };
            }
            for share in shares.iter_mut() {
                *share = exp((*share - most) * factor);
            }
            *whole = sum(shares, |share| share);
        }
        let shares: [&[f32]; N] = std::array::from_fn(|n| &self.shares[n * count..][..count]);
        for (at, values) in self.chunks.chunks_exact(count).enumerate() {
            let mut taken = [[0.0f32; CHUNK]; N];
            for (piece, value) in values.iter().enumerate() {
                for (taken, shares) in taken.iter_mut().zip(shares) {
                    for (to, figure) in taken.iter_mut().zip(value) {
                        *to += shares[piece] * figure;
                    }
                }
            }
            for (n, (taken, whole)) in taken.iter().zip(wholes).enumerate() {
                let to = &mut output[(first + n) * row + start + at * CHUNK..][..CHUNK];
                for (to, figure) in to.iter_mut().zip(taken) {
                    *to = figure / whole;
                }
            }
        }
    }
}

#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// A sum in sixteen lanes, added up at the end: an order that any machine keeps.
#[inline(always)]
fn sum(figures: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = figures.as_chunks::<16>();
    let mut lanes = [0.0f32; 16];
    for chunk in chunks {
        for (lane, figure) in lanes.iter_mut().zip(chunk) {
            *lane += of(*figure);
        }
    }
    let rest: f32 = rest.iter().map(|figure| of(*figure)).sum();
    lanes.iter().sum::<f32>() + rest
}

/// `eˣ` for x ≤ 0 within two units of the last place, without a branch.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    // ln 2 in two parts, so that what is left is exact.
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let series = ((((1.987_569_1e-4 * rest + 1.398_199_9e-3) * rest + 8.333_452e-3) * rest + 4.166_579_6e-2) * rest
        + 0.166_666_65)
        * rest
        + 0.5;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    (series * rest * rest + rest + 1.0) * power
}

/// GELU by the error function, in Abramowitz and Stegun's form 7.1.26 (error below 1.5 × 10⁻⁷).
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let erf = 1.0 - series * exp(-z * z);
    0.5 * x * (1.0 + if x < 0.0 { -erf } else { erf })
}

#[cfg(test)]
mod tests {
    use super::{exp, gelu};

    #[test]
    fn exp_is_right() {
        for i in 0..=8_700 {
            let x = -i as f32 / 100.0;
            let wanted = f64::from(x).exp();
            assert!((f64::from(exp(x)) / wanted - 1.0).abs() < 3e-7, "{x}: {} for {wanted}", exp(x));
        }
    }

    #[test]
    fn gelu_is_right_where_it_is_known() {
        for (x, wanted) in [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_3), (3.0, 2.995_950_2), (-9.0, 0.0)] {
            assert!((gelu(x) - wanted).abs() < 1e-6, "{x}: {}", gelu(x));
        }
    }
}
