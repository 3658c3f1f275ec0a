// expected: by hand: no store is associated [O]
import cf from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => cf.kvs());
show(() => cf.kvs('11111111-2222-3333-4444-555555555555'));
show(() => { try { cf.kvs(); } catch (e) { return e.message; } });
