// expected: by hand: a failure at the top of the code fails the run [O]
import cf from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const kvs = cf.kvs();
function handler(event) { return event.request; }
