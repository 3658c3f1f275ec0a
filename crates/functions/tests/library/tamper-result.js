// expected: by hand: getters, toString and toJSON of a result have their natural effect
function show(f) { try { console.log(f()); } catch (e) { console.log(String(e)); } }
function handler(event) {
    Object.prototype.toJSON = function () { return { uri: '/from-toJSON' }; };
    return event.request;
}
