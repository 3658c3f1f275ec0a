import cf from 'cloudfront';

const COOKIE = 'X-Experiment-Name';
const store = cf.kvs('a1b2c3d4-5678-90ab-cdef-EXAMPLE11111');

// Chooses a variant once for each viewer, by the weights in the store: {"a": 0.8, "b": 0.2}.
function choose(weights) {
    const dice = Math.random();
    let sum = 0;
    const names = Object.keys(weights);
    for (let i = 0; i < names.length; ++i) {
        sum += weights[names[i]];
        if (dice < sum) return names[i];
    }
    return names[names.length - 1];
}

async function handler(event) {
    const request = event.request;
    const cookie = request.cookies[COOKIE];
    let variant = cookie ? cookie.value : undefined;

    if (!variant) {
        const weights = await store.get('weights', { format: 'json' });
        variant = choose(weights);
        request.cookies[COOKIE] = { value: variant };
    }
    request.uri = `/${variant}${request.uri}`;
    return request;
}
