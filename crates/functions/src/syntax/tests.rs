mod texts;

use keyfront_model::FunctionRuntime;
use proptest::prelude::*;

use super::parser::MAX_DEPTH;
use super::{Construct, DifferenceKind, ErrorKind, Import, check};

/// Stands after programs that have no handler.
const HANDLER: &str = "function handler(event){return event.request}";

fn verdict(program: &str, runtime: FunctionRuntime) -> String {
    check(program, runtime).map_or_else(|refusal| refusal.to_string(), |_| "accepted".into())
}

fn assert_verdicts(runtime: FunctionRuntime, table: &[(&str, &str)]) {
    for (program, expected) in table {
        let program = program.replace(" H", &format!(" {HANDLER}"));
        assert_eq!(verdict(&program, runtime), *expected, "{program}");
    }
}

/// Programs of AWS's documentation \[D\], that somebody ran at AWS \[O\], or tried with njs \[E\]. `H` is a handler.
#[test]
fn programs_of_runtime_2() {
    assert_verdicts(
        FunctionRuntime::Js2,
        &[
            // [D]
            (
                "function handler(event){ return event.request }",
                "accepted",
            ),
            (
                "async function handler(event){ const r = event.request; return r }",
                "accepted",
            ),
            // [E]
            ("var handler = e => e.request", "accepted"),
            (
                "class A{} H",
                "SyntaxError: Token \"class\" not supported in this version in 1",
            ),
            // [O]
            (
                "function handler(e){ for (const k of [1]){} return e.request }",
                "SyntaxError: Token \"of\" not supported in this version in 1",
            ),
            // [E]
            (
                "function handler(e){ for (const [k,v] of []){} return e.request }",
                "SyntaxError: Token \"[\" not supported in this version in 1",
            ),
            // [O]
            (
                "function handler(e){ try { x() } catch { } return e.request }",
                "SyntaxError: Token \"{\" not supported in this version in 1",
            ),
            // [E]
            (
                "var {request} = {request:1}; H",
                "SyntaxError: Token \"request\" not supported in this version in 1",
            ),
            // [O]
            (
                "[].forEach(([k,v]) => {}); H",
                "SyntaxError: Unexpected token \"=>\" in 1",
            ),
            (
                "[].forEach(function([k,v]){}); H",
                "SyntaxError: Token \"[\" not supported in this version in 1",
            ),
            // [E]
            (
                "var a=[...[1]]; H",
                "SyntaxError: Unexpected token \"...\" in 1",
            ),
            (
                "var o={...{a:1}}; H",
                "SyntaxError: Token \"...\" not supported in this version in 1",
            ),
            (
                "function f(a=1){} H",
                "SyntaxError: Unexpected token \"=\" in 1",
            ),
            (
                "function handler(e){ var h=e.request.headers.x?.value; return e.request }",
                "SyntaxError: Unexpected token \";\" in 1",
            ),
            (
                "function handler(e){ var h=e.request.headers.x ?? 1; return e.request }",
                "accepted",
            ),
            (
                "var a; a ??= 1; H",
                "SyntaxError: Unexpected token \"=\" in 1",
            ),
            // [O]
            (
                "async function handler(e){ const v = JSON.parse(await Promise.resolve('{}')); return e.request }",
                "SyntaxError: await in arguments not supported in 1",
            ),
            (
                "async function handler(e){ const t = await Promise.resolve('{}'); const v = JSON.parse(t); \
                 return e.request }",
                "accepted",
            ),
            // [E]
            (
                "async function handler(e){ const v = (await Promise.resolve('a')).length; return e.request }",
                "accepted",
            ),
            (
                "async function handler(e){ await Promise.all([1].map(async k => { const v = await k; return v \
                 })); return e.request }",
                "accepted",
            ),
            (
                "function handler(e){ await 1; return e.request }",
                "SyntaxError: await is only valid in async functions in 1",
            ),
            (
                "await 1; H",
                "SyntaxError: await is only valid in async functions in 1",
            ),
            // [O]
            (
                "function handler(e){ return e.request } export { handler };",
                "SyntaxError: Illegal export statement in 1",
            ),
            // [E]
            (
                "export default function handler(e){ return e.request }",
                "SyntaxError: Illegal export statement in 1",
            ),
            (
                "import { createHash } from 'crypto'; H",
                "SyntaxError: Non-default import is not supported in 1",
            ),
            ("import c from 'crypto'; H", "accepted"),
            ("import cf from 'cloudfront'; H", "accepted"),
            (
                "import fs from 'fs'; H",
                "SyntaxError: Cannot find module \"fs\" in 1",
            ),
            (
                "function handler(e){ /a/u.test('a'); return e.request }",
                "SyntaxError: Invalid RegExp flags \"u\" in 1",
            ),
            ("var n = 10n; H", "SyntaxError: Unexpected token \"n\" in 1"),
            (
                "const a=1; const a=2; H",
                "SyntaxError: \"a\" has already been declared in 1",
            ),
            // What fails at run time is accepted here.
            (
                "function handler(e){ const a=1; a=2; return e.request }",
                "accepted",
            ),
            ("function handler(e){ x = 1; return e.request }", "accepted"),
            (
                "function handler(e){ eval('1'); return e.request }",
                "accepted",
            ),
            (
                "var c=require('crypto'); c.createHash('sha512'); H",
                "accepted",
            ),
            // After a `return`, too, and with the line of the token [E].
            (
                "function f(a){\n return a?.b\n}",
                "SyntaxError: Unexpected token \"}\" in 3",
            ),
            ("import('a')", "SyntaxError: Unexpected token \"(\" in 1"),
            // Texts without a line [E].
            (
                "const a;",
                "SyntaxError: missing initializer in const declaration",
            ),
            (
                "a: function f(){}",
                "SyntaxError: In strict mode code, functions can only be declared at top level or inside a block.",
            ),
        ],
    );
}

/// \[O\] for `const`, \[E\] with njs 0.4.4 and 0.5.3 for the others.
#[test]
fn programs_of_runtime_1() {
    assert_verdicts(
        FunctionRuntime::Js1,
        &[
            (
                "\n const a = 1; H",
                "SyntaxError: Token \"const\" not supported in this version in 2",
            ),
            (
                "let a = 1; H",
                "SyntaxError: Token \"let\" not supported in this version in 1",
            ),
            (
                "for (let a;;){} H",
                "SyntaxError: Token \"let\" not supported in this version in 1",
            ),
            (
                "async function handler(e){return e.request}",
                "SyntaxError: Token \"async\" not supported in this version in 1",
            ),
            (
                "x = async () => 1",
                "SyntaxError: Token \"async\" not supported in this version in 1",
            ),
            ("x = /a/y", "SyntaxError: Invalid RegExp flags \"y\" in 1"),
            ("x = 1_000", "SyntaxError: Unexpected token \"_000\" in 1"),
            (
                "class A{} H",
                "SyntaxError: Token \"class\" not supported in this version in 1",
            ),
            (
                "import cf from 'cloudfront'; H",
                "SyntaxError: Cannot find module \"cloudfront\" in 1",
            ),
            ("import c from 'crypto'; H", "accepted"),
            (
                "var f = (a, ...b) => `${a ** 2}` ?? {f, g() {}}; H",
                "accepted",
            ),
        ],
    );
}

/// The engine names the line up to which it has read, we also where the token is.
#[test]
fn a_refusal_says_where() {
    let refusal = check("let a;\n  var é = 1", FunctionRuntime::Js2).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "SyntaxError: Unexpected token \"\u{fffd}\" in 2"
    );
    let position = refusal.position;
    assert_eq!(
        (position.line, position.column, position.range),
        (2, 7, 13..15)
    );

    let refusal = check("/* é */ await\n\n1", FunctionRuntime::Js2).unwrap_err();
    assert_eq!(refusal.line, Some(3));
    let position = refusal.position;
    assert_eq!((position.line, position.column), (1, 9));
}

#[test]
fn a_refusal_says_of_what() {
    let table = [
        ("[...a]", Construct::Spread),
        ("({...a})", Construct::Spread),
        ("let {a} = b", Construct::Destructuring),
        ("f(({a}) => a)", Construct::Destructuring),
        ("f((a, b = 1) => a)", Construct::DefaultParameter),
        ("function f(a = 1) {}", Construct::DefaultParameter),
        ("a?.b;", Construct::OptionalChaining),
        ("a ||= b", Construct::LogicalAssignment),
        ("for (const a of b) {}", Construct::ForOf),
        ("for await (const a of b) {}", Construct::ForAwait),
        ("try {} catch {}", Construct::OptionalCatchBinding),
        ("class A {}", Construct::Class),
        ("function* f() {}", Construct::Generator),
        ("x = function* () {}", Construct::Generator),
        ("({ *a() {} })", Construct::Generator),
        ("10n", Construct::BigInt),
        ("export default a", Construct::Export),
        ("import {a} from 'crypto'", Construct::Import),
        ("import a from 'fs'", Construct::UnknownModule),
        ("async () => f(await a)", Construct::AwaitInArguments),
        ("await a", Construct::AwaitOutsideAsync),
        ("with (a) b", Construct::With),
        ("new.target", Construct::NewTarget),
        ("/a/s", Construct::RegExpFlags),
        ("/(/", Construct::RegExp),
        ("let a, a", Construct::Redeclaration),
        ("f() = 1", Construct::AssignmentTarget),
        ("a b", Construct::Other),
    ];
    for (program, construct) in table {
        assert_eq!(
            check(program, FunctionRuntime::Js2).unwrap_err().construct,
            construct,
            "{program}"
        );
    }
}

#[test]
fn imports_can_be_written_over() {
    let program = "import a\nfrom 'crypto' ; import b from \"querystring\"\nb.c";
    let imports = check(program, FunctionRuntime::Js2).unwrap().imports;
    let import = |local: &str, module: &str, range| Import {
        local: local.into(),
        module: module.into(),
        range,
    };
    assert_eq!(
        imports,
        [
            import("a", "crypto", 0..24),
            import("b", "querystring", 25..52)
        ]
    );
    assert_eq!(&program[25..52], "import b from \"querystring\"");
}

#[test]
fn differences_of_quickjs_are_named() {
    let table = [
        ("a <!--b", DifferenceKind::HtmlComment),
        ("a /*\n*/ --> b", DifferenceKind::LineEnd),
        ("// a\u{2028}b", DifferenceKind::LineEnd),
        ("a\r;", DifferenceKind::LineEnd),
        ("function f() { return /*\n*/ 1 }", DifferenceKind::LineEnd),
        ("0x;", DifferenceKind::NumberWithoutDigits),
        ("'\\00'", DifferenceKind::OctalEscape),
        ("f('\\1')", DifferenceKind::OctalEscape),
        ("var yield", DifferenceKind::ReservedName),
        ("async () => { var await }", DifferenceKind::ReservedName),
        ("eval => 1", DifferenceKind::RestrictedName),
        ("{ var a; let a }", DifferenceKind::VarBeforeLet),
        ("var a; { { var a } let a }", DifferenceKind::VarBeforeLet),
        ("for (var 1;;) {}", DifferenceKind::ForVarExpression),
        ("/a++/", DifferenceKind::RegExpSyntax),
        ("/[]a]/", DifferenceKind::RegExpSyntax),
        ("/\\p{L}/", DifferenceKind::RegExpSyntax),
        ("/(?i)a/", DifferenceKind::RegExpSyntax),
    ];
    for (program, kind) in table {
        let differences = check(program, FunctionRuntime::Js2).unwrap().differences;
        assert_eq!(
            differences
                .iter()
                .map(|difference| difference.kind)
                .collect::<Vec<_>>(),
            [kind],
            "{program}"
        );
    }
    let same = "/* a\n */\nvar a = /(?<b>[^\\]]+?)\\k<b>/gi; // c\r\nvar await, d = `<!--`; '\\0'";
    assert_eq!(check(same, FunctionRuntime::Js2).unwrap().differences, []);
}

/// What is inside each other, without end: refused, at a bound of ours or of the engine, and the stack suffices.
#[test]
fn nesting_is_bounded() {
    let deep = [
        "(",
        "[",
        "({a:",
        "a(",
        "a[",
        "`${",
        "a?",
        "{",
        "if(a)",
        "else ",
        "for(;;)",
        "while(a)",
        "do ",
        "try{",
        "switch(a){case 1:",
        "function f(){",
        "(function(){",
        "()=>{",
        "a=>",
        "async()=>(",
        "x={a(){",
        "x={get a(){",
        "new A(",
        "(a,",
        "async(",
        "x=[{a:(",
        "f(a=>{if(",
        "${",
        "`${(function(){",
        "a=(b=>",
        "({[",
    ];
    for part in deep {
        let program = if part == "else " {
            "if(a);else ".to_owned()
        } else {
            part.to_owned()
        };
        let refusal = check(&program.repeat(40_000), FunctionRuntime::Js2).unwrap_err();
        let expected = if part == "${" || part == "else " {
            ErrorKind::Syntax
        } else {
            ErrorKind::Range
        };
        assert_eq!(refusal.kind, expected, "{part} {refusal}");
    }
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    let bound = usize::try_from(MAX_DEPTH).unwrap();
    assert_eq!(verdict(&nested(bound), FunctionRuntime::Js2), "accepted");
    assert_eq!(
        verdict(&nested(bound + 1), FunctionRuntime::Js2),
        "RangeError: Maximum nesting depth exceeded in 1"
    );
    let functions =
        |depth: usize| format!("{}{}", "function f(){".repeat(depth), "}".repeat(depth));
    assert_eq!(verdict(&functions(127), FunctionRuntime::Js2), "accepted");
    assert_eq!(
        verdict(&functions(128), FunctionRuntime::Js2),
        "RangeError: Maximum function nesting depth exceeded"
    );
}

/// What is after each other, without end, isn't nested.
#[test]
fn chains_are_not_nested() {
    let chains = [
        ("a+", "1"),
        ("a**", "1"),
        ("a=", "1"),
        ("a?b:", "1"),
        ("!", "a"),
        ("- ", "a"),
        ("new ", "A"),
        ("a,", "1"),
        ("if(a){}else ", ";"),
        ("a.", "b"),
        ("l;", ""),
        ("a();", ""),
        ("typeof ", "a"),
        ("/a/;", ""),
        ("`${a}`+", "a"),
        ("a(b)+", "c"),
        ("a??", "b"),
        ("[a],", "b"),
        ("var a;", ""),
        ("function f(){}", ""),
        ("//\n", ""),
        ("/**/", ""),
    ];
    for (part, end) in chains {
        let program = format!("{}{end}", part.repeat(20_000));
        assert_eq!(
            verdict(&program, FunctionRuntime::Js2),
            "accepted",
            "{part}"
        );
    }
    assert_eq!(
        verdict(
            &format!("x = a{}", "(b)".repeat(20_000)),
            FunctionRuntime::Js2
        ),
        "accepted"
    );
    assert_eq!(
        verdict(
            &format!("x = [a{}]", ",b".repeat(20_000)),
            FunctionRuntime::Js2
        ),
        "accepted"
    );
}

/// Pieces from which programs are made that nobody would write.
const PIECES: [&str; 64] = [
    "a",
    "b",
    "1",
    "0",
    "'",
    "\"",
    "`",
    "${",
    "/",
    "//",
    "/*",
    "*/",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ",",
    ".",
    "...",
    "?",
    ":",
    "=>",
    "=",
    "==",
    "+",
    "++",
    "*",
    "**",
    "&&",
    "??",
    "!",
    "<",
    "-->",
    "\\",
    "\\u",
    "\\x4",
    "\n",
    "\r",
    " ",
    "\u{2028}",
    "\u{feff}",
    "\0",
    "é",
    "😀",
    "#",
    "await ",
    "async ",
    "function ",
    "let ",
    "const ",
    "var ",
    "class ",
    "of ",
    "in ",
    "return ",
    "for(",
    "if(",
    "new ",
    "import ",
    "from ",
    "'crypto'",
];

proptest! {
    #[test]
    fn any_text_has_a_verdict(text in ".{0,200}") {
        let _ = check(&text, FunctionRuntime::Js2);
        let _ = check(&text, FunctionRuntime::Js1);
        let _ = check(&format!("x = /{text}/"), FunctionRuntime::Js2);
        let _ = check(&format!("x = '{text}'"), FunctionRuntime::Js2);
    }

    #[test]
    fn any_pieces_have_a_verdict(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        for runtime in [FunctionRuntime::Js1, FunctionRuntime::Js2] {
            if let Err(refusal) = check(&text, runtime) {
                let position = refusal.position;
                prop_assert!(text.get(position.range).is_some());
                prop_assert!(position.line >= 1 && position.column >= 1);
                prop_assert!(refusal.line.is_none_or(|line| line >= position.line));
            }
        }
    }

    #[test]
    fn any_pattern_has_a_verdict(pattern in "[\\[\\](){}?*+|^$\\\\<>:!=P'#,.a-zA-Z0-9-]{0,40}") {
        let _ = check(&format!("/{pattern}/"), FunctionRuntime::Js2);
    }
}

#[test]
fn every_beginning_of_a_function_has_a_verdict() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let program = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for (end, _) in program.char_indices() {
            let _ = check(&program[..end], FunctionRuntime::Js2);
            let _ = check(&program[..end], FunctionRuntime::Js1);
        }
    }
}
