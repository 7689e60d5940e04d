// Client of @alicloud/pop-core.
'use strict';

const Core = require('@alicloud/pop-core');
const { serve } = require('./jobs');

function call(job) {
  const client = new Core({
    accessKeyId: job.key,
    accessKeySecret: job.secret,
    endpoint: `${job.protocol}://${job.endpoint}`,
    apiVersion: job.version ?? '2019-03-07',
  });
  return client.request(job.action ?? 'CompareFaces', job.arguments, { method: job.method ?? 'POST' });
}

serve(call, (error) => ({
  name: error.name,
  status: error.entry?.response.statusCode ?? null,
  request_id: error.data?.RequestId ?? null,
}));
