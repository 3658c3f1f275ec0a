// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const a = { n: {} }; a.n.up = a; console.log(a);
const list = [1]; list.push(list); console.log(list);
const shared = { x: 1 }; console.log([shared, shared]);
const deep = (n) => { let list = []; for (let i = 0; i < n; i += 1) { list = [list]; } return list; };
console.log(deep(5)); console.log(deep(30)); console.log(deep(31));
show(() => deep(32)); 
