// Prints what an expression comes to, in a form that is the same in every engine.
function text(value, depth) {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string': return JSON.stringify(value);
    case 'number': return number(value);
    case 'function': return 'function';
    case 'symbol': return 'symbol';
    case 'object': return depth > 3 ? '...' : object(value, depth);
    default: return String(value);
  }
}

// Engines differ in the last digits of what they have computed.
function number(value) {
  if (value === 0 && 1 / value < 0) return '-0';
  return Number.isInteger(value) || !isFinite(value) ? String(value) : value.toPrecision(12);
}

function object(value, depth) {
  if (Array.isArray(value)) return array(value, depth);
  if (value instanceof Date) return 'Date ' + (isNaN(value.getTime()) ? NaN : value.toISOString());
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return value.name + ': ' + value.message;
  if (Buffer.isBuffer(value)) return 'Buffer ' + value.toString('hex');
  var fields = Object.keys(value).map((name) => name + ': ' + text(value[name], depth + 1));
  return '{' + fields.join() + '}';
}

function array(value, depth) {
  var shown = [];
  for (var i = 0; i < Math.min(value.length, 40); i++) {
    shown.push(i in value ? text(value[i], depth + 1) : 'hole');
  }
  return value.length + '[' + shown.join() + ']';
}

// A long text would be cut in a function's log.
function show(number, expression) {
  var line;
  try {
    line = text(expression(), 0);
  } catch (error) {
    line = 'throws ' + error.name;
  }
  console.log(number + ' ' + line.slice(0, 120));
}
