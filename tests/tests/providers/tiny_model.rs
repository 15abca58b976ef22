//! A language model of a few kilobytes, written as a GGUF file: whatever it is asked, it answers one sentence.
//!
//! It is a `llama` of one layer whose attention and feed-forward parts add nothing, so that the next token follows from
//! the last one alone. Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

/// What the model says. No piece is in it twice; the crab is four tokens of one byte each.
const PIECES: [&str; 15] = [
    "▁A",
    "▁tiny",
    "▁model",
    "▁says",
    "▁日本",
    "▁",
    "<0xF0>",
    "<0x9F>",
    "<0xA6>",
    "<0x80>",
    "▁and",
    "▁nothing",
    "▁else",
    ",",
    "▁ever.",
];
/// The text of [`PIECES`], as a chat shows it.
pub(crate) const ANSWER: &str = "A tiny model says 日本 🦀 and nothing else, ever.";

/// More than there are pieces.
const WIDTH: usize = 32;
const BYTES: usize = 256;
/// `<unk>`, `<s>`, `</s>`.
const SPECIAL: usize = 3;
const END: usize = 2;

/// What follows the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    End,
    /// The sentence once more, without end.
    Again,
}

/// The file's bytes.
pub(crate) fn gguf(then: Then) -> Vec<u8> {
    let tokens = vocabulary();
    let tensors = tensors(&tokens, then);
    let mut file = b"GGUF".to_vec();
    file.extend(3_u32.to_le_bytes());
    file.extend((tensors.len() as u64).to_le_bytes());
    let facts = facts(&tokens);
    file.extend((facts.len() as u64).to_le_bytes());
    for (name, kind, value) in &facts {
        text(&mut file, name);
        file.extend((*kind as u32).to_le_bytes());
        file.extend(value);
    }
    let mut offset = 0;
    for (name, shape, values) in &tensors {
        text(&mut file, name);
        file.extend((shape.len() as u32).to_le_bytes());
        shape.iter().for_each(|size| file.extend((*size as u64).to_le_bytes()));
        // 32-bit floats.
        file.extend(0_u32.to_le_bytes());
        file.extend((offset as u64).to_le_bytes());
        offset += padded(values.len() * 4);
    }
    file.resize(padded(file.len()), 0);
    for (_, _, values) in &tensors {
        values.iter().for_each(|value| file.extend(value.to_le_bytes()));
        file.resize(padded(file.len()), 0);
    }
    file
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(32)
}

fn vocabulary() -> Vec<String> {
    let special = ["<unk>", "<s>", "</s>"].map(str::to_owned);
    let bytes = (0..BYTES).map(|byte| format!("<0x{byte:02X}>"));
    let words = PIECES.iter().filter(|piece| !piece.starts_with('<')).map(|piece| (*piece).to_owned());
    special.into_iter().chain(bytes).chain(words).collect()
}

/// Each token's state is one dimension: the token at `n` in the sentence leads from `n` to `n + 1`, every other token
/// to the sentence's start.
fn tensors(tokens: &[String], then: Then) -> Vec<(&'static str, Vec<usize>, Vec<f32>)> {
    let at = |token: &String| PIECES.iter().position(|piece| piece == token);
    let mut embedding = vec![0.0; WIDTH * tokens.len()];
    let mut output = vec![0.0; WIDTH * tokens.len()];
    for (id, token) in tokens.iter().enumerate() {
        embedding[id * WIDTH + at(token).map_or(0, |at| at + 1)] = 1.0;
        if let Some(at) = at(token) {
            output[id * WIDTH + at] = 10.0;
        }
    }
    let follows = match then {
        Then::End => END,
        Then::Again => SPECIAL + BYTES,
    };
    output[follows * WIDTH + PIECES.len()] = 10.0;
    let square = || (vec![WIDTH, WIDTH], vec![0.0; WIDTH * WIDTH]);
    let ones = || (vec![WIDTH], vec![1.0; WIDTH]);
    let wide = vec![WIDTH, tokens.len()];
    [
        ("token_embd.weight", (wide.clone(), embedding)),
        ("output_norm.weight", ones()),
        ("output.weight", (wide, output)),
        ("blk.0.attn_norm.weight", ones()),
        ("blk.0.attn_q.weight", square()),
        ("blk.0.attn_k.weight", square()),
        ("blk.0.attn_v.weight", square()),
        ("blk.0.attn_output.weight", square()),
        ("blk.0.ffn_norm.weight", ones()),
        ("blk.0.ffn_gate.weight", square()),
        ("blk.0.ffn_up.weight", square()),
        ("blk.0.ffn_down.weight", square()),
    ]
    .map(|(name, (shape, values))| (name, shape, values))
    .into()
}

/// GGUF's numbers for the types of values.
#[derive(Clone, Copy)]
enum Kind {
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Text = 8,
    List = 9,
}

fn facts(tokens: &[String]) -> Vec<(&'static str, Kind, Vec<u8>)> {
    let number = |value: usize| (Kind::U32, (value as u32).to_le_bytes().to_vec());
    let words = |words: &str| {
        let mut bytes = Vec::new();
        text(&mut bytes, words);
        (Kind::Text, bytes)
    };
    let list = |kind: Kind, items: Vec<Vec<u8>>| {
        let head = [(kind as u32).to_le_bytes().to_vec(), (items.len() as u64).to_le_bytes().to_vec()];
        (Kind::List, head.into_iter().chain(items).flatten().collect())
    };
    let names = tokens.iter().map(|token| words(token).1).collect();
    let scores = (0..tokens.len()).map(|id| (-(id as f32)).to_le_bytes().to_vec()).collect();
    // Unknown 2, control 3, byte 6, normal 1.
    let kinds = (0..tokens.len()).map(|id| match id {
        0 => 2_i32,
        1..SPECIAL => 3,
        id if id < SPECIAL + BYTES => 6,
        _ => 1,
    });
    let kinds = kinds.map(|kind| kind.to_le_bytes().to_vec()).collect();
    let template = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}";
    [
        ("general.architecture", words("llama")),
        ("general.name", words("tiny")),
        ("llama.context_length", number(1_000_000)),
        ("llama.embedding_length", number(WIDTH)),
        ("llama.feed_forward_length", number(WIDTH)),
        ("llama.block_count", number(1)),
        ("llama.attention.head_count", number(1)),
        ("llama.attention.head_count_kv", number(1)),
        ("llama.rope.dimension_count", number(WIDTH)),
        ("llama.attention.layer_norm_rms_epsilon", (Kind::F32, 1e-5_f32.to_le_bytes().to_vec())),
        ("llama.vocab_size", number(tokens.len())),
        ("tokenizer.ggml.model", words("llama")),
        ("tokenizer.ggml.tokens", list(Kind::Text, names)),
        ("tokenizer.ggml.scores", list(Kind::F32, scores)),
        ("tokenizer.ggml.token_type", list(Kind::I32, kinds)),
        ("tokenizer.ggml.unknown_token_id", number(0)),
        ("tokenizer.ggml.bos_token_id", number(1)),
        ("tokenizer.ggml.eos_token_id", number(END)),
        ("tokenizer.chat_template", words(template)),
    ]
    .map(|(name, (kind, value))| (name, kind, value))
    .into()
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}
