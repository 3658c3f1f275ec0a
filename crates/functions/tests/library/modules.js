// expected: by hand: unknown modules as njs says
import a from "crypto";
import b from "querystring";
import c from "buffer";
import d from "cloudfront";
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => a === require('crypto') && b === require('querystring') && c === require('buffer') && d === require('cloudfront'));
show(() => require('nope'));
show(() => require('fs'));
show(() => require('__proto__'));
show(() => require('toString'));
show(() => require());
show(() => require(1));
show(() => c.Buffer === Buffer);
show(() => c.constants.MAX_LENGTH + ' ' + c.kMaxLength);
show(() => String(a) + String(b) + String(c) + String(d));
show(() => require.name + require.length);
