//! Expressions of the library that are made at random, of what njs 0.7.9 has too.

use fastrand::Rng;

const STRINGS: &[&str] = &[
    "''",
    "'a'",
    "'abc'",
    "'a,b,,c'",
    "' x '",
    r"'\u00e9t\u00e9'",
    r"'\u0130I'",
    "'0'",
    "'12'",
    "'-1'",
    "'1e3'",
    "'0x1f'",
    "'Infinity'",
    "'NaN'",
    "'true'",
    "'a=1&b=2'",
    "'/a/b.html'",
    "'%41%zz'",
    "'aXbXc'",
    "'The Quick'",
    r"'\n\t'",
    "'10'",
    "'9'",
    "'ab'.repeat(300)",
    "'$&$1$$'",
    "'[1,2]'",
    "'{\"a\":1}'",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "3",
    "10",
    "1.5",
    "-2.5",
    "0.1",
    "1e21",
    "1e-7",
    "123456789",
    "4294967295",
    "4294967296",
    "NaN",
    "Infinity",
    "-Infinity",
    "255",
    "9007199254740993",
];
const ARRAYS: &[&str] = &[
    "[]",
    "[1,2,3]",
    "['b','a','c']",
    "[3,10,2]",
    "[,1,,2]",
    "[[1],[2,[3]]]",
    "[undefined,null,NaN]",
    "[1,'1',true]",
];
const DATES: &[&str] = &["new Date(0)", "new Date(1e12)", "new Date(2020,1,29)"];
const OTHERS: &[&str] = &[
    "undefined",
    "null",
    "true",
    "false",
    "{}",
    "({a:1,b:2})",
    "({length:2,0:'x',1:'y'})",
    "(()=>1)",
    "/b/",
    "/[a-c]/g",
    "/(b)(c)?/",
    "/a|b/gi",
    r"/^\s*(\w+)/",
    "new Error('e')",
    "new Uint8Array([1,2,300])",
    "Math",
    "JSON",
    "new String('s')",
    "new Number(5)",
    "new Boolean(false)",
    "Object.create(null)",
    "Object.freeze([1,2])",
    "({toString(){return 'ts'},valueOf(){return 7}})",
];
const OF_STRINGS: &[&str] = &[
    "charAt",
    "charCodeAt",
    "concat",
    "endsWith",
    "includes",
    "indexOf",
    "lastIndexOf",
    "match",
    "padEnd",
    "padStart",
    "replace",
    "search",
    "slice",
    "split",
    "startsWith",
    "substr",
    "substring",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimStart",
    "valueOf",
];
const OF_ARRAYS: &[&str] = &[
    "concat",
    "copyWithin",
    "fill",
    "includes",
    "indexOf",
    "join",
    "lastIndexOf",
    "pop",
    "push",
    "reverse",
    "shift",
    "slice",
    "splice",
    "unshift",
];
const RELATED: &[&str] = &[
    "'a'", "'b'", "'c'", "','", "'X'", "'1'", "0", "1", "2", "-1", "/b/", "/[a-c]/g",
];
/// What takes a function.
const OF_ARRAYS_EACH: &[&str] = &[
    "every",
    "filter",
    "find",
    "findIndex",
    "forEach",
    "map",
    "reduce",
    "reduceRight",
    "some",
];
const OF_NUMBERS: &[&str] = &[
    "toFixed",
    "toExponential",
    "toPrecision",
    "toString",
    "valueOf",
];
const OF_DATES: &[&str] = &[
    "getTime",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDay",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "toISOString",
    "toUTCString",
    "toJSON",
    "setTime",
    "setFullYear",
    "setMonth",
    "setDate",
    "setHours",
    "setMinutes",
    "setSeconds",
    "setMilliseconds",
    "valueOf",
    "getUTCDay",
    "getUTCHours",
    "setUTCDate",
];
const FUNCTIONS: &[&str] = &[
    "Object.keys",
    "Object.values",
    "Object.entries",
    "Object.isFrozen",
    "Object.isSealed",
    "Object.isExtensible",
    "Array.isArray",
    "Array.of",
    "Number.isInteger",
    "Number.isSafeInteger",
    "Number.isNaN",
    "Number.isFinite",
    "Number.parseFloat",
    "Number.parseInt",
    "parseInt",
    "parseFloat",
    "isNaN",
    "isFinite",
    "Number",
    "String",
    "Boolean",
    "Math.abs",
    "Math.max",
    "Math.min",
    "Math.round",
    "Math.floor",
    "Math.ceil",
    "Math.trunc",
    "Math.sign",
    "Math.pow",
    "Math.sqrt",
    "Math.fround",
    "Math.clz32",
    "Math.imul",
    "encodeURIComponent",
    "encodeURI",
    "decodeURIComponent",
    "decodeURI",
    "String.fromCharCode",
    "JSON.stringify",
    "JSON.parse",
    "Date.UTC",
    "Object.assign",
    "Object.is",
    "RegExp",
    "Buffer.from",
    "Buffer.byteLength",
    "Buffer.isBuffer",
    "Buffer.concat",
];
const CALLBACKS: &[&str] = &[
    "(x)=>x",
    "(x,i)=>i",
    "(x)=>x>1",
    "(a,x)=>a+x",
    "()=>true",
    "(x)=>String(x)",
    "(a,b)=>b",
    "String",
    "parseInt",
];
const BINARY: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    ">>>",
    "&&",
    "||",
    ",",
    "instanceof",
    "in",
    "??",
];
const UNARY: &[&str] = &["-", "+", "!", "~", "typeof", "void"];

fn one<'a>(random: &mut Rng, all: &[&'a str]) -> &'a str {
    all[random.usize(..all.len())]
}

fn literal(random: &mut Rng) -> &'static str {
    let kinds = [STRINGS, NUMBERS, ARRAYS, DATES, OTHERS, OTHERS];
    let kind = kinds[random.usize(..kinds.len())];
    one(random, kind)
}

fn value(random: &mut Rng, depth: u8) -> String {
    if depth == 0 || random.u8(..3) == 0 {
        literal(random).to_owned()
    } else {
        expression(random, depth - 1)
    }
}

fn arguments(random: &mut Rng, depth: u8) -> String {
    let count = [0, 1, 1, 1, 2, 2, 3][random.usize(..7)];
    let all: Vec<String> = (0..count).map(|_| argument(random, depth)).collect();
    all.join(", ")
}

/// Half of them have to do with the strings and arrays that are asked, so that more is found in these than nothing.
fn argument(random: &mut Rng, depth: u8) -> String {
    if random.bool() {
        one(random, RELATED).to_owned()
    } else {
        value(random, depth)
    }
}

fn call(random: &mut Rng, objects: &[&str], methods: &[&str], depth: u8) -> String {
    let (object, method) = (one(random, objects), one(random, methods));
    format!("({object}).{method}({})", arguments(random, depth))
}

fn call_with_function(random: &mut Rng, depth: u8) -> String {
    let (array, method) = (one(random, ARRAYS), one(random, OF_ARRAYS_EACH));
    let function = one(random, CALLBACKS);
    format!("({array}).{method}({function}, {})", value(random, depth))
}

/// An expression, with others in it to this depth.
pub(crate) fn expression(random: &mut Rng, depth: u8) -> String {
    let depth = depth.saturating_sub(1);
    match random.u8(..100) {
        0..28 => call(random, STRINGS, OF_STRINGS, depth),
        28..39 => call(random, ARRAYS, OF_ARRAYS, depth),
        39..48 => call_with_function(random, depth),
        48..56 => call(random, NUMBERS, OF_NUMBERS, depth),
        56..62 => call(random, DATES, OF_DATES, depth),
        62..78 => format!("{}({})", one(random, FUNCTIONS), arguments(random, depth)),
        78..93 => {
            let (left, right) = (value(random, depth), value(random, depth));
            format!("({left} {} {right})", one(random, BINARY))
        }
        93..97 => format!("({} {})", one(random, UNARY), value(random, depth)),
        _ => {
            let members = if random.bool() { STRINGS } else { NUMBERS };
            format!("({})[{}]", value(random, depth), one(random, members))
        }
    }
}
