// expected: by hand: runtime 1.0 [D R10, RF]
// runtime: 1.0
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
var crypto = require('crypto');
var hex = (text) => { var out = ''; for (var i = 0; i < text.length; i += 1) { out += (text.charCodeAt(i) < 16 ? '0' : '') + text.charCodeAt(i).toString(16); } return out; };
show(() => hex(crypto.createHash('md5').update('a').digest()));
show(() => typeof crypto.createHash('md5').update('a').digest() + ' ' + crypto.createHash('sha256').update('a').digest().length);
show(() => crypto.createHash('md5').update('a').digest('hex'));
show(() => crypto.createHmac('sha256', 'k').update('a').digest('base64'));
show(() => hex('é€'.toUTF8()));
show(() => hex('é'.toBytes()) + ' ' + '€'.toBytes());
show(() => String.bytesFrom('c3a9', 'hex').fromUTF8() + String.bytesFrom('YQ==', 'base64') + String.bytesFrom('YQ', 'base64url'));
show(() => hex(String.bytesFrom([1, 255, 300])));
show(() => String.bytesFrom('ff', 'hex').fromUTF8());
show(() => String.bytesFrom('e9', 'hex').fromBytes());
show(() => 'abc'.toBytes(1) + 'abc'.toBytes(0, 1) + 'abc'.toUTF8(-1) + 'abc'.fromBytes(1, 2));
show(() => String.bytesFrom('a', 'latin1'));
show(() => String.bytesFrom(1));
