// expected: by hand: the store of the function [D], its errors as they were seen [O]
// store: {"k":"v","empty":"","j":"{\"a\":[1,2]}","bad":"{"}
import cf from 'cloudfront';
import kvsModule from 'cloudfront';
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
const kvs = cf.kvs();
const tell = async (label, work) => { try { const value = await work(); console.log(label + ' ' + (typeof value === 'object' ? JSON.stringify(value) : typeof value + ' ' + value)); } catch (e) { console.log(label + ' ' + String(e)); } };
async function handler(event) {
    await tell('get', () => kvs.get('k'));
    await tell('empty', () => kvs.get('empty'));
    await tell('string', () => kvs.get('k', { format: 'string' }));
    await tell('json', () => kvs.get('j', { format: 'json' }));
    await tell('bytes', () => kvs.get('k', { format: 'bytes' }));
    await tell('missing', () => kvs.get('none'));
    await tell('missing json', () => kvs.get('none', { format: 'json' }));
    await tell('bad json', () => kvs.get('bad', { format: 'json' }));
    await tell('format', () => kvs.get('k', { format: 'xml' }));
    await tell('no key', () => kvs.get());
    await tell('exists', () => kvs.exists('k'));
    await tell('not exists', () => kvs.exists('none'));
    await tell('meta', () => kvs.meta());
    await tell('count', () => kvs.count());
    await tell('by id', () => cf.kvs('11111111-2222-3333-4444-555555555555').get('k'));
    await tell('null options', () => kvs.get('k', null));
    await tell('all', () => Promise.all(['k', 'j'].map((key) => kvs.get(key))));
    await tell('all with one missing', () => Promise.all(['k', 'none'].map((key) => kvs.get(key))));
    await tell('any', () => Promise.any([kvs.get('none'), kvs.get('k')]));
    await tell('detached', () => { const get = kvs.get; return get('k'); });
    await tell('error', async () => { try { await kvs.get('none'); } catch (e) { return e.name + '|' + e.message + '|' + (e instanceof Error); } });
    return event.request;
}
show(() => kvs.get('k') instanceof Promise);
show(() => typeof kvs + ' ' + Object.keys(kvs).length);
show(() => cf === kvsModule);
show(() => cf.kvs('other-id'));
show(() => cf.kvs('arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555'));
show(() => cf.kvs.length + ' ' + kvs.get.length);
