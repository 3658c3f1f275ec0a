// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
// The engine keeps a long string that was put together in parts; nothing may tell it from one that is in one piece.
var piece = 'abcdefghij'.repeat(300);
var whole = piece.repeat(3);
function parts() { return piece + piece + piece; }
function wide() { return '\u0100' + piece + piece + '\u0100'; }
function number() { return ' '.repeat(3000) + '4' + '2' + ' '.repeat(3000); }
show(() => [parts() == whole, whole == parts(), parts() == parts(), parts() === whole, whole === parts(), parts() === parts()].join());
show(() => [parts() != whole, whole != parts(), parts() != parts(), parts() !== whole, whole !== parts(), parts() !== parts()].join());
show(() => [parts() < whole, parts() <= whole, parts() > whole, parts() >= whole, parts() + 'a' > whole, whole < 'b' + parts()].join());
show(() => [wide() == wide(), wide() === wide(), wide() == parts(), wide() < parts(), wide().length].join());
show(() => [number() == 42, 42 == number(), number() === 42, +number(), number() - 1, number() < 43, number() > 41, number() | 0].join());
show(() => [isNaN(number()), isNaN(parts()), parseInt(number()), parseFloat(number()), Number(number()), Number(parts())].join());
show(() => [parts() == { toString() { return whole; } }, whole == { toString: parts }, parts() == [whole], parts() == true, parts() == null].join());
show(() => { switch (parts()) { case whole: return 'same'; default: return 'another'; } });
show(() => { switch (whole) { case parts(): return 'same'; default: return 'another'; } });
show(() => { const o = {}; o[parts()] = 1; o[whole] += 1; return [Object.keys(o).length, o[parts()], parts() in o, whole in o, o.hasOwnProperty(parts())].join(); });
show(() => { const o = {}; o[parts()] = 1; delete o[whole]; return Object.keys(o).length; });
show(() => [[parts()].indexOf(whole), [whole].includes(parts()), [parts()].lastIndexOf(whole), [whole, parts()].sort()[0] === whole].join());
show(() => [typeof parts(), parts().length, parts()[4], parts()[8999], parts()[9000], parts().charCodeAt(1), parts().charAt(8999)].join());
show(() => [parts().indexOf('ja'), parts().lastIndexOf('ja'), parts().includes(whole), whole.startsWith(parts()), parts().endsWith(whole)].join());
show(() => [parts().slice(-3), parts().substring(2998, 3002), parts().split('j').length, parts().replace(piece, 'x').length].join());
show(() => [/^(abcdefghij)+$/.test(parts()), parts().match(/j/g).length, parts().search(/ja/), parts().replace(/[a-i]/g, '').length].join());
show(() => [JSON.stringify(parts()) === JSON.stringify(whole), JSON.stringify({ a: parts() }).length, JSON.parse('[' + piece.length + ',"' + parts() + '"]')[1] === whole].join());
show(() => { const o = {}; o[parts()] = parts(); return JSON.stringify(o) === '{"' + whole + '":"' + whole + '"}'; });
show(() => [parts().toUpperCase() === whole.toUpperCase(), parts().trim() === whole, parts().concat(piece).length, parts().repeat(2).length].join());
show(() => [String(parts()) === whole, `${parts()}` === whole, new String(parts()).length, Object(parts()) == whole, [parts()].join() === whole].join());
show(() => [encodeURIComponent(parts()) === whole, decodeURIComponent(parts()) === whole].join());
show(() => { const s = Symbol(parts()); return s.toString().length; });
show(() => { const e = new Error(parts()); return [e.message === whole, String(e).length].join(); });
show(() => [new Date(parts()).getTime(), Date.parse(number()), Boolean(parts()), !parts(), parts() && 1, parts() ? 1 : 2].join());
show(() => { let n = 0; for (const i in { [parts()]: 1 }) { n += i === whole ? 1 : 0; } return n; });
show(() => [Buffer.from(parts()).length, Buffer.from(parts()).toString() === whole, Buffer.concat([Buffer.from(parts())]).toString() == whole].join());
show(() => require('crypto').createHash('md5').update(parts()).digest('hex') === require('crypto').createHash('md5').update(whole).digest('hex'));
show(() => { const q = require('querystring').parse('a=' + parts()); return [q.a == whole, q.a === whole, q[('a')] == parts()].join(); });
