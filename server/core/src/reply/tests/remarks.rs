//! Which lines are remarks in place of code and which are comments, by a table for many languages.

use super::*;

/// In a text of which most is left out, each of these is recognised: nothing is written, or what it stands for.
const REMARKS: &[(&str, &str)] = &[
    ("rust", "// ... existing code ..."),
    ("rust", "// …"),
    ("rust", "# ..."),
    ("rust", "-- ..."),
    ("rust", "# ... rest of the function ..."),
    ("rust", "/* ... */"),
    ("rust", "<!-- ... existing code ... -->"),
    ("rust", "// snip"),
    ("rust", "// --- snip ---"),
    ("rust", "// <snip>"),
    ("rust", "// ---8<---"),
    ("rust", "// etc."),
    ("rust", "// etc..."),
    ("rust", "// and so on"),
    ("rust", "// [rest of the steps]"),
    ("rust", "// (12 lines unchanged)"),
    ("rust", "// 12 more lines omitted"),
    ("rust", "// same as before"),
    ("rust", "// Same as original"),
    ("rust", "// unchanged"),
    ("rust", "// remaining code omitted for brevity"),
    ("rust", "// implementation omitted"),
    ("rust", "// truncated"),
    ("rust", "// Keep the rest of your code as is"),
    ("rust", "// The rest of the file remains the same as in the original"),
    ("rust", "// rest of the items"),
    ("rust", "// your existing code here"),
    ("rust", "// Add your code here"),
    ("rust", "// ... keep all existing logic unchanged"),
    ("rust", "... rest of the code ..."),
    ("rust", "...existing code..."),
    ("rust", "[...]"),
    ("rust", "* ... existing docs ..."),
    ("rust", "// 其余代码保持不变"),
    ("rust", "// restlicher Code unverändert"),
    ("rust", "// ... reste du code ..."),
    ("python", "// ... existing code ..."),
    ("python", "# ... existing code ..."),
    ("python", "# ..."),
    ("python", "# [rest of the steps]"),
    ("python", "\"\"\"... existing code ...\"\"\""),
    ("python", "'''...'''"),
    ("python", "pass  # ... rest"),
    ("python", "pass  # ... existing code ..."),
    ("python", "# snip"),
    ("python", "..."),
    ("typescriptreact", "{/* rest of the items */}"),
    ("typescriptreact", "{/* ... existing items ... */}"),
    ("typescriptreact", "<ul>{/* ... */}</ul>"),
    ("typescript", "return a; // ... rest unchanged"),
    ("javascript", "# ... existing code ..."),
    ("sql", "-- ... other columns ..."),
    ("sql", "// ... other columns ..."),
    ("lua", "-- rest of the function"),
    ("go", "// ... other handlers unchanged ..."),
    ("yaml", "# ... rest of the steps"),
    ("json", "// ... rest of the file"),
    ("json", "..."),
    ("html", "<!-- rest of the page -->"),
    ("html", "<!-- ... -->"),
    ("css", "/* ... existing styles ... */"),
    ("css", "/* rest of the rules */"),
    ("shellscript", "# ... rest of script unchanged ..."),
    ("haskell", "-- ..."),
    ("markdown", "[... rest unchanged ...]"),
    ("markdown", "<!-- ... rest of the document ... -->"),
    ("latex", "% ... rest unchanged ..."),
    ("vim", "\" ... rest unchanged"),
    ("unknown", "// ... existing code ..."),
    ("rust", "// ... (this component remains unchanged)"),
    ("rust", "// form fields omitted for brevity"),
    ("rust", "// Rest of your component code goes here"),
    ("rust", "// rest of code omitted."),
    ("rust", "// ───── rest of file ─────"),
    ("rust", "// NOTE: rest of the code unchanged"),
    ("rust", "// no changes needed here"),
    ("rust", "// everything else is unchanged"),
    ("rust", "// Lines 1-50 remain unchanged"),
    ("rust", "// etc, etc, etc."),
    ("rust", "// ⋮"),
    ("rust", "// . . ."),
    ("rust", "// //..."),
    ("rust", "// 省略"),
    ("rust", "...."),
    ("rust", "⋮"),
    ("rust", "<...>"),
    ("rust", "...,"),
    ("rust", "...;"),
    ("rust", "...(truncated)"),
    ("rust", "... 20 lines omitted ..."),
    ("rust", "[rest of the code]"),
    ("rust", "<existing code>"),
    ("rust", "(rest of code unchanged)"),
    ("rust", "--- rest unchanged ---"),
    ("rust", "**... rest unchanged ...**"),
    ("rust", "@@ ... @@"),
    ("python", "pass  # unchanged"),
    ("python", "...  # existing code"),
    ("python", "\"\"\"(unchanged)\"\"\""),
    ("shellscript", ": # ... existing code"),
    ("typescriptreact", "{/* // ... */}"),
    ("typescriptreact", "{ /* ... existing code ... */ }"),
    ("json", "\"...\": \"...\","),
    ("json", "\"// ...\": \"existing\","),
    ("json", "\"_comment\": \"... rest unchanged ...\""),
    ("lua", "--[[ ... existing code ... ]]"),
    ("lisp", "#| ... existing code ... |#"),
    ("bat", "REM ... rest of script"),
    ("bat", ":: ... existing code ..."),
    ("fortran", "! ... rest of the program ..."),
    ("jinja", "{# rest unchanged #}"),
    ("jinja", "{% comment %} ... {% endcomment %}"),
    ("erb", "<%# ... existing code ... %>"),
    ("jsp", "<%-- rest unchanged --%>"),
    ("razor", "@* ... existing code ... *@"),
    ("blade", "{{-- rest unchanged --}}"),
    ("pascal", "{ rest of the code unchanged }"),
    ("powershell", "<# ... existing code ... #>"),
    ("nim", "#[ ... existing code ... ]#"),
    ("julia", "#= ... existing code ... =#"),
    ("cobol", "*> ... existing code ..."),
    ("vb", "' ... existing code ..."),
];

/// Text like any other, also in an answer that changes everything else.
const TEXT: &[(&str, &str)] = &[
    ("rust", "// etc. is handled below"),
    ("rust", "// Returns the rest of the list."),
    ("rust", "// Rest of the bytes is padding, so it is skipped."),
    ("rust", "// The port may be omitted."),
    ("rust", "// Remaining arguments"),
    ("rust", "// Other threads may hold the lock."),
    ("rust", "// same as above, but faster"),
    ("rust", "// See the code above."),
    ("rust", "let url = \"https://...\";"),
    ("rust", "println!(\"loading // ... please wait\");"),
    ("rust", "println!(\"loading...\");"),
    ("rust", "let snip = 1; // the part to snip"),
    ("rust", "#[...]"),
    ("rust", "let all = 0..=9;"),
    ("python", "# ... and so on for each item"),
    ("python", "print('wait # ... more')"),
    ("python", "x: Tuple[int, ...] = ()"),
    ("python", "def f(x: int) -> int: ..."),
    ("python", "print(\"...\")"),
    ("python", "# Unchanged lines are skipped by the loop below"),
    ("javascript", "const all = { ...rest };"),
    ("javascript", "...rest,"),
    ("javascript", "...rest, code"),
    ("javascript", "...existing, ...more, code,"),
    ("javascript", "{ ...rest, code }"),
    ("javascript", "{ ...original, same },"),
    ("javascript", "[...existing, code]"),
    ("javascript", "(...existing, code)"),
    ("javascriptreact", "{...rest}"),
    ("typescript", "...(existing),"),
    ("typescript", "...existing.items, more"),
    ("php", "...$rest,"),
    ("swift", "case 1...9:"),
    ("python", "a[..., 0] = 1"),
    ("python", "first, *rest = existing"),
    ("yaml", "text: ..."),
    ("rust", "let S { a, .. } = s;"),
    ("cpp", "return (... + rest);"),
    ("cpp", "f(rest...);"),
    ("lua", "return select(2, ...)"),
    ("shellscript", "cd ../.."),
    ("javascript", "return [...items, ...more];"),
    ("javascript", "// Skip existing files"),
    ("javascript", "// TODO: more tests here..."),
    ("graphql", "... on User { name }"),
    ("graphql", "...UserFields"),
    ("lua", "local args = { ... }"),
    ("lua", "local args = {...}"),
    ("cpp", "} catch (...) {"),
    ("go", "args = append(args, rest...)"),
    ("c", "#define LOG(...) printf(__VA_ARGS__)"),
    ("shellscript", "echo \"... done\""),
    ("markdown", "# ... and what came of it"),
    ("markdown", "And so on..."),
    ("markdown", "The rest is unchanged."),
    ("plaintext", "..."),
    ("plaintext", "// ... rest of the code"),
    ("nix", "{ ... }:"),
    ("rust", "// 省略可能な値"),
    ("rust", "// . . . . . . . . . . . . . . ."),
    ("rust", "let range = [..];"),
    ("rust", "println!(\"a {...} b\");"),
    ("rust", "// matches `enum A { ... }` only"),
    ("rust", "// e.g. enum A { ... }"),
    ("javascript", "const parts = /^(...)$/.exec(text);"),
    ("php", "$length = strlen(...);"),
    ("go", "all := [...]string{\"a\", \"b\"}"),
    ("swift", "let tail = items[2...]"),
    ("ruby", "def call(...) = run(...)"),
    ("vim", "\" ..and the line before"),
    ("lisp", "(rest items)"),
    ("typescriptreact", "{rest}"),
    ("sql", "-- Rows that stay unchanged since the last run are not copied"),
];

const BASE: &str = "alpha one\nbeta two\ngamma three\ndelta four\nepsilon five\nzeta six\n";

fn around_in(language: &str, base: &str) -> Surroundings {
    Surroundings { language: language.into(), ..around(base) }
}

#[test]
fn every_remark_in_the_table_is_expanded_where_lines_tell_what_it_stands_for() {
    for (language, remark) in REMARKS {
        let around = around_in(language, BASE);
        let answer = format!("```\nalpha eins\nbeta two\n{remark}\nepsilon five\nzeta sechs\n```\n");
        let result = whole(&around, &answer, &StopReason::End).map(|clean| clean.text);
        let expected = if remark::remark(remark, language).is_some() {
            Ok("alpha eins\nbeta two\ngamma three\ndelta four\nepsilon five\nzeta sechs\n".to_owned())
        } else {
            // It is behind code.
            Err(ReplyProblem::Elided { remark: (*remark).to_owned() })
        };
        assert_eq!(result, expected, "{language}: {remark}");
        same_at_every_size(&around, &answer);
    }
}

#[test]
fn no_remark_in_the_table_is_ever_written() {
    // Known lines around it, new ones, none; in a big selection and in a small one.
    for (language, remark) in REMARKS {
        for base in [BASE, "alpha one\nbeta two\n"] {
            for answer in [
                format!("alpha one\n{remark}\n"),
                format!("{remark}\nzeta six\n"),
                format!("something new = 1\n{remark}\nmore new = 2\n"),
                format!("alpha = one\n{remark}\n"),
                format!("{remark}\n"),
            ] {
                let answer = format!("```\n{answer}```\n");
                if let Ok(clean) = whole(&around_in(language, base), &answer, &StopReason::End) {
                    assert!(!clean.text.contains(remark), "{language}: {remark} in {answer}");
                }
            }
        }
    }
}

#[test]
fn no_text_in_the_table_is_taken_for_a_remark() {
    for (language, text) in TEXT {
        let answer = format!("```\nalpha new = 1\n{text}\nzeta new = 2\n```\n");
        let result = whole(&around_in(language, BASE), &answer, &StopReason::End).map(|clean| clean.text);
        assert_eq!(result, Ok(format!("alpha new = 1\n{text}\nzeta new = 2\n")), "{language}: {text}");
    }
}

#[test]
fn what_the_text_holds_already_is_never_a_remark() {
    for (language, line) in REMARKS.iter().chain(TEXT) {
        let base = format!("alpha one\n{line}\nbeta two\n");
        let around = around_in(language, &base);
        let result = whole(&around, &format!("````\n{base}````\n"), &StopReason::End).map(|clean| clean.text);
        assert_eq!(result.as_deref(), Ok(base.as_str()), "{language}: {line}");
        let changed = base.replace("two", "zwei");
        let result =
            whole(&around, &format!("````\n{changed}````\n"), &StopReason::End).map(|clean| clean.text);
        assert_eq!(result, Ok(changed), "{language}: {line}");
    }
}

#[test]
fn a_comment_of_several_lines_may_have_dots_and_words_where_nothing_is_left_out() {
    for comment in [
        "// The format is:\n//   key = value\n//   ...\n// and more of it.\n",
        "// Takes blanks, tabs, newlines,\n// etc.\n",
        "// rest of the arguments\n",
        "// your code here\n",
        "/**\n * One of: a, b,\n * ...\n */\n",
    ] {
        check(BASE, &format!("```rust\n{comment}{BASE}```"), &format!("{comment}{BASE}"));
    }
}

#[test]
fn a_remark_after_all_of_the_text_stands_for_nothing() {
    let changed = BASE.replace("beta two", "beta = 2");
    for remark in [
        "// ... rest of the file remains unchanged",
        "// rest of the file remains unchanged",
        "// unchanged",
        "// ...",
        "// snip",
    ] {
        check(BASE, &format!("```rust\n{changed}{remark}\n```"), &changed);
        check(BASE, &format!("```rust\n{remark}\n{changed}```"), &changed);
    }
    // Before a text such words may be about it.
    let words = "// Everything else stays the same";
    check(BASE, &format!("```rust\n{changed}{words}\n```"), &changed);
    check(BASE, &format!("```rust\n{words}\n{changed}```"), &format!("{words}\n{changed}"));
}

#[test]
fn a_new_body_that_is_a_remark_is_a_problem_though_an_old_one_is_like_it() {
    let base = "fn load_a(path: &str) {\n    a(path);\n    b(path);\n}\nfn last() {}\n";
    let answer = "```rust\nfn load_a(path: &str) {\n    a(path);\n    b(path);\n}\nfn load_b(path: &str) {\n    // ...\n}\nfn last() {}\n```";
    check_problem(base, answer, ReplyProblem::Elided { remark: "// ...".into() });
}

#[test]
fn a_line_that_the_answer_moved_is_not_put_back_by_an_elision() {
    let answer = "```rust\nalpha one\ndelta four\n// ...\nepsilon five\nzeta six\n```";
    // What stood between them would be lost.
    check_problem(BASE, answer, ReplyProblem::Elided { remark: "// ...".into() });
    let answer = "```rust\ndelta four\nalpha one\nbeta two\n// ...\nepsilon five\nzeta six\n```";
    check_problem(BASE, answer, ReplyProblem::Elided { remark: "// ...".into() });
}

#[test]
fn an_end_that_goes_without_a_word_behind_an_elision_is_a_problem() {
    let base: String = (0..40).map(|n| format!("step_{n}();\n")).collect();
    let answer = "```rust\nstep_0();\n// ...\nstep_5();\n```";
    check_problem(&base, answer, ReplyProblem::Elided { remark: "// ...".into() });
}
