// expected: by hand: changes of the origin are recorded, not judged [D OM, O JWTO]
import cf from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
show(() => cf.updateRequestOrigin({ domainName: 'a.example.com', customHeaders: { a: 'b' }, timeouts: { readTimeout: 5 } }));
show(() => cf.updateRequestOrigin());
show(() => cf.updateRequestOrigin('text'));
show(() => cf.selectRequestOriginById('id'));
show(() => cf.selectRequestOriginById('id', { originOverrides: { hostHeader: 'h', sni: 's', allowedCertificateNames: ['n'] } }));
show(() => cf.selectRequestOriginById());
show(() => cf.createRequestOriginGroup({ originIds: [{ originId: 'a' }, { originId: 'b' }], selectionCriteria: 'default', failoverCriteria: { statusCodes: [500] } }));
show(() => { const p = {}; p.p = p; cf.updateRequestOrigin(p); });
show(() => cf.updateRequestOrigin({ get domainName() { throw new Error('mine'); } }));
show(() => cf.distributionTenant.id);
show(() => cf.edgeLocation);
