// One job a line on standard input, one result a line on standard output: so one process makes many calls.
'use strict';

const readline = require('readline');

// What a kit prints is no result.
console.log = console.error;

exports.serve = async function (doJob, describeFailure) {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    let result;
    try {
      result = { value: await doJob(JSON.parse(line)) };
    } catch (error) {
      const known = { type: error.constructor.name, code: error.code ?? null, message: error.message };
      result = { failure: { ...known, ...describeFailure(error) } };
    }
    process.stdout.write(JSON.stringify(result) + '\n');
  }
};
