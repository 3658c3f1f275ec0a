// expected: by hand: where the function runs [D GH]
// edge: true
import cf from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => JSON.stringify(cf.edgeLocation));
show(() => cf.edgeLocation.name + ' ' + cf.edgeLocation.region + ' ' + cf.edgeLocation.serverIp);
