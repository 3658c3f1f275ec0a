export default {
    async fetch() {
        return new Response(await answer(), { headers: { 'content-type': 'application/json' } });
    },
};
