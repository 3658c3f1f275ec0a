// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => new Array(-1));
show(() => { [].length = -1; });
show(() => { [].length = 1.5; });
show(() => 'a'.repeat(-1));
show(() => 'a'.repeat(Infinity));
show(() => 'a'.padEnd(1e10));
show(() => (1).toFixed(101));
show(() => (1).toFixed(-1));
show(() => (1).toPrecision(0));
show(() => (1).toPrecision(101));
show(() => (1).toExponential(-1));
show(() => (1).toString(1));
show(() => (1).toString(37));
show(() => String.fromCodePoint(-1));
show(() => String.fromCodePoint(0x110000));
show(() => [].reduce((a, b) => a));
show(() => [].reduceRight((a, b) => a));
show(() => new Date(NaN).toISOString());
show(() => new ArrayBuffer(-1));
show(() => new Uint8Array(-1));
show(() => new Uint16Array(new ArrayBuffer(3)));
show(() => new Uint16Array(new ArrayBuffer(4), 1));
show(() => { (function f() { f(); })(); });
