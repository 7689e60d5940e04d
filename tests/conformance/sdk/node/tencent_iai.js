// Client of tencentcloud-sdk-nodejs.
'use strict';

const { CommonClient } = require('tencentcloud-sdk-nodejs/tencentcloud/common');
const { iai } = require('tencentcloud-sdk-nodejs/tencentcloud/services/iai');
const { serve } = require('./jobs');

function call(job) {
  const configuration = {
    credential: { secretId: job.key, secretKey: job.secret },
    region: 'ap-guangzhou',
    profile: {
      signMethod: job.signature ?? 'TC3-HMAC-SHA256',
      language: job.language,
      httpProfile: { endpoint: job.endpoint, protocol: `${job.protocol}://`, reqMethod: job.method ?? 'POST' },
    },
  };
  const action = job.action ?? 'CompareMaskFace';
  const headers = job.trace_id ? { 'X-TC-TraceId': job.trace_id } : {};
  if (job.version || !iai.v20200303.Client.prototype[action]) {
    const client = new CommonClient(job.endpoint, job.version ?? '2020-03-03', configuration);
    return client.request(action, job.arguments, { headers });
  }
  return new iai.v20200303.Client(configuration)[action](job.arguments, { headers });
}

serve(call, (error) => ({
  status: error.httpCode ?? null,
  request_id: error.requestId ?? null,
  trace_id: error.traceId ?? null,
}));
