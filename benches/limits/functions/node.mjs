// Runs a script in a new context each time, as often as each line of its input says.
import fs from 'node:fs';
import readline from 'node:readline';
import vm from 'node:vm';

const [file, value] = process.argv.slice(2);
const script = new vm.Script(fs.readFileSync(file, 'utf8'));

async function run() {
    const result = await script.runInContext(vm.createContext({}));
    if (!result.includes(value)) {
        throw new Error(`the function returned ${result}`);
    }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
    const runs = Number(line.split(' ')[1]);
    for (let number = 0; number < runs; number += 1) {
        await run();
    }
    console.log('done');
}
