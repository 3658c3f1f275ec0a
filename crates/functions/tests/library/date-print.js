// expected: njs 0.7.9
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const date = new Date(Date.UTC(2024, 1, 5, 9, 5, 7, 3));
show(() => date.toString());
show(() => date.toUTCString());
show(() => date.toISOString());
show(() => date.toDateString());
show(() => date.toTimeString());
show(() => date.toLocaleString());
show(() => date.toLocaleDateString());
show(() => date.toLocaleTimeString());
show(() => date.toJSON());
show(() => JSON.stringify(date));
show(() => String(date));
show(() => date + 1);
show(() => date - 0);
show(() => `${date}`);
show(() => date.valueOf() === date.getTime());
show(() => new Date(-1).toString());
show(() => new Date(8.64e15).toISOString());
show(() => new Date(-62198755200000).toISOString());
show(() => new Date(NaN).toString());
show(() => new Date(NaN).toUTCString());
show(() => new Date(NaN).toDateString());
show(() => new Date(NaN).toISOString());
show(() => new Date(NaN).toJSON());
show(() => Object.prototype.toString.call(date));
show(() => typeof Date());
