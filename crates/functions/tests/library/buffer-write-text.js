// expected: by hand: the bytes that were written are counted [D R20]; njs 0.7.9 counts the room and reads beyond the text
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const write = (...args) => { const b = Buffer.alloc(4); return b.write.apply(b, args) + ' ' + b.toString('hex'); };
show(() => write('abcdef'));
show(() => write('ab', 1));
show(() => write('abc', 1, 2));
show(() => write('6162', 1, 2, 'hex'));
show(() => write('6162', 'hex'));
show(() => write('6162', 1, 'hex'));
show(() => write('é€', 1));
show(() => write('a', 5));
show(() => write('a', 4));
show(() => write('a', -1));
show(() => write('a', 1, 9));
show(() => write(1));
show(() => write());
show(() => write('a', 0, 1, 'latin1'));
show(() => write(''));
