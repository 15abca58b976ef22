//! An answer that is exactly the new selection is never refused nor changed: every block of real-looking code, with
//! every change of a kind that models make, in every wrapping that says nothing about it.

use super::*;

struct Sample {
    language: &'static str,
    comment: &'static str,
    text: &'static str,
}

const SAMPLES: [Sample; 5] = [
    Sample { language: "rust", comment: "///", text: RUST },
    Sample { language: "python", comment: "#", text: PYTHON },
    Sample { language: "typescript", comment: "//", text: TYPESCRIPT },
    Sample { language: "c", comment: "//", text: C },
    Sample { language: "yaml", comment: "#", text: YAML },
];

const RUST: &str = r#"//! Kept values.
//!
//! # Errors
//!
//! None of it fails.

use std::collections::HashMap;
use std::fmt;

/// A map that remembers.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// By key.
    values: HashMap<String, u32>,
    /// The rest of the keys.
    rest: Vec<String>,
}

impl Kept {
    /// The value of a key.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn value(&self, key: &str) -> Result<u32, Missing> {
        // Keys are kept in lower case.
        let key = key.to_lowercase();
        match self.values.get(&key) {
            Some(value) => Ok(*value),
            None => Err(Missing { key }),
        }
    }

    /// The first key.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.rest.first().map(String::as_str)
    }

    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.rest.last().map(String::as_str)
    }

    /// Keeps a value.
    pub fn keep(&mut self, key: &str, value: u32) {
        if self.values.insert(key.to_lowercase(), value).is_none() {
            self.rest.push(key.to_owned());
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.rest {
            // Unchanged since they were kept.
            write!(f, "{key}, ...")?;
        }
        Ok(())
    }
}
"#;

const PYTHON: &str = r#"import os
import sys
from typing import Protocol


class Source(Protocol):
    def read(self, path: str) -> bytes:
        ...

    def size(self) -> int: ...


def load(path, *rest, strict=True):
    """Loads a file.

    >>> load("a")
    ...
    """
    if not os.path.exists(path):
        # Nothing to load.
        return None
    with open(path) as file:
        data = file.read()
        check(data)
    return data


def check(data):
    """Checks the data."""
    if not data:
        raise ValueError("empty")
    for line in data.splitlines():
        if line.startswith('#'):
            continue
        parse(line)


def parse(line):
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


if __name__ == "__main__":
    print(load(sys.argv[1]))
"#;

const TYPESCRIPT: &str = r#"import { read } from "./read";
import type { Options } from "./options";

/**
 * Loads all of it.
 *
 * @param path where it is
 */
export async function load(path: string, options: Options): Promise<string[]> {
  const { strict, ...rest } = options;
  const text = await read(path, { ...rest, encoding: "utf8" });
  if (!text) {
    return [];
  }
  return text.split("\n").map((line) => {
    // The rest is a comment.
    const [name, ...others] = line.split(" ");
    return strict ? name : [name, ...others].join(" ");
  });
}

/** Loads the first one. */
export async function first(path: string, options: Options): Promise<string> {
  const all = await load(path, options);
  if (all.length === 0) {
    throw new Error(`nothing in ${path}`);
  }
  return all[0];
}

export const limits = {
  lines: 100,
  bytes: 2_000,
};
"#;

const C: &str = "#ifndef KEPT_H\n#define KEPT_H\n\n#include <stdio.h>\n\n/* A value that is kept,\n * with its key.\n */\nstruct kept {\n\tint key;\n\tint value;\n\tstruct kept *next;\n};\n\nstruct other {\n\tint key;\n\tint value;\n};\n\n/* Finds it. */\nstatic struct kept *find(struct kept *first, int key,\n\t\t\t struct kept **last)\n{\n\tstruct kept *at;\n\n\tfor (at = first; at; at = at->next) {\n\t\tif (at->key == key)\n\t\t\treturn at;\n\t\t*last = at;\n\t}\n\treturn NULL;\n}\n\n#endif\n";

const YAML: &str = "name: test\n\non:\n  push:\n    branches:\n      - main\n  pull_request:\n\njobs:\n  build:\n    runs-on: ubuntu\n    steps:\n      - uses: checkout\n      # The rest is the same everywhere.\n      - name: build\n        run: |\n          make\n          make test\n      - name: report\n        run: make report\n  lint:\n    runs-on: ubuntu\n    steps:\n      - uses: checkout\n      - name: lint\n        run: make lint\n";

fn indent_of(line: &str) -> &str {
    line.strip_suffix(line.trim_start()).unwrap_or_default()
}

fn depth(line: &str) -> usize {
    indent_of(line).len()
}

/// Each line with what stands further in below it, and the line that closes it.
fn blocks(lines: &[&str]) -> Vec<Range<usize>> {
    let of = |start: usize| {
        let first = lines[start];
        let is_inside = |line: &&&str| line.trim().is_empty() || depth(line) > depth(first);
        let inside = lines[start + 1..].iter().take_while(is_inside).count();
        let blank =
            lines[..start + 1 + inside].iter().rev().take_while(|line| line.trim().is_empty()).count();
        let end = start + 1 + inside - blank;
        let closes =
            |line: &&str| line.trim_start().starts_with(['}', ')', ']']) && depth(line) == depth(first);
        end + usize::from(blank == 0 && lines.get(end).is_some_and(closes))
    };
    (0..lines.len()).filter(|start| !lines[*start].trim().is_empty()).map(|start| start..of(start)).collect()
}

/// What a model may make of a block.
fn changed(sample: &Sample, lines: &[&str], block: &Range<usize>) -> Vec<String> {
    let own = &lines[block.clone()];
    let base = own.concat();
    let indent = indent_of(own[0]);
    let comment = |said: &str| format!("{indent}{} {said}\n", sample.comment);
    let name =
        base.split(|c: char| !c.is_alphanumeric() && c != '_').find(|word| word.len() > 2).unwrap_or("x");
    let marked = |text: &str| text.replace(name, &format!("new_{name}"));
    let each = |of: &dyn Fn(&str) -> String| own.iter().map(|line| of(line)).collect::<String>();
    let mut all = vec![
        base.clone(),
        marked(&base),
        comment("Does what it says.") + &base,
        comment("# Errors") + &comment("If there is none.") + &marked(&base),
        each(&|line| format!("{}{} Here.\n{line}", indent_of(line), sample.comment)),
        base.clone() + &marked(&base),
        format!("{base}\n{}", marked(&base)),
    ];
    // A comment from elsewhere in the text, and every line without one of them.
    let known = lines.iter().find(|line| line.trim().starts_with(sample.comment) && !own.contains(line));
    all.extend(known.map(|line| format!("{indent}{}\n{base}", line.trim())));
    all.extend((1..own.len()).map(|at| own[..at].iter().chain(&own[at + 1..]).copied().collect()));
    all
}

#[test]
fn an_answer_that_is_the_new_selection_is_taken_as_it_is() {
    let mut count = 0;
    for sample in &SAMPLES {
        let lines: Vec<&str> = sample.text.split_inclusive('\n').collect();
        for block in blocks(&lines) {
            let (before, base) = (lines[..block.start].concat(), lines[block.clone()].concat());
            let after = lines[block.end..].concat();
            for text in changed(sample, &lines, &block) {
                // Blank lines at the edges are the document's business.
                let text = format!("{}\n", text.trim_end());
                let told = |text: &str| text.lines().map(str::trim).map(str::to_owned).collect::<Vec<_>>();
                // The line beside the selection once more can't be told from one that is repeated.
                let repeats = told(&before).iter().rfind(|line| !line.is_empty()) == told(&text).first()
                    || told(&after).iter().find(|line| !line.is_empty()) == told(&text).last();
                if repeats {
                    continue;
                }
                let around = Surroundings {
                    base: base.clone(),
                    selected: None,
                    before: before.clone(),
                    after: after.clone(),
                    indent: Indent::of(&base, &before, &after),
                    line_ending: "\n",
                    language: sample.language.into(),
                    instruction: "make it better".into(),
                };
                for answer in [
                    format!("```{}\n{text}```\n", sample.language),
                    format!("Here it is:\n\n```\n{text}```\n\nThat's it."),
                ] {
                    let result = whole(&around, &answer, &StopReason::End).map(|clean| clean.text);
                    assert_eq!(result.as_ref(), Ok(&text), "{} in place of\n{base}", sample.language);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 2_000, "{count}");
}
