// Client of baidu-aip-sdk. Its host name is fixed; the interceptor that the kit offers sends it elsewhere.
'use strict';

const aip = require('baidu-aip-sdk');
const { serve } = require('./jobs');

// A job's `client` names a client that later jobs use again, access token and all.
const kept = new Map();
let sent = [];

async function call(job) {
  sent = [];
  aip.HttpClient.setRequestInterceptor((options) => {
    options.url = options.url.replace('https://aip.baidubce.com', `${job.protocol}://${job.endpoint}`);
    sent.push(options.url);
    return options;
  });
  const client = kept.get(job.client) ?? new aip.face('app', job.key, job.secret);
  if (job.client) {
    kept.set(job.client, client);
  }
  const answer = await client[job.method ?? 'match'](...job.arguments);
  return { answer, sent };
}

// Where it gets no token for another reason than a wrong key, the kit throws an object that is no Error.
serve(call, (error) => (error.errorType ? { code: error.errorType, message: error.error.message } : {}));
