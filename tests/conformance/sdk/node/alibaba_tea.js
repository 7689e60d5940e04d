// Client of @alicloud/cloudauth20190307.
'use strict';

const { default: Client, CompareFacesRequest } = require('@alicloud/cloudauth20190307');
const { Config, OpenApiRequest, Params } = require('@alicloud/openapi-core/dist/utils');
const { RuntimeOptions } = require('@darabonba/typescript');
const { serve } = require('./jobs');

const FIELDS = {
  SourceImageType: 'sourceImageType',
  SourceImageValue: 'sourceImageValue',
  TargetImageType: 'targetImageType',
  TargetImageValue: 'targetImageValue',
};

async function call(job) {
  const options = job.signature ? { signatureAlgorithm: job.signature } : {};
  const keys = { accessKeyId: job.key, accessKeySecret: job.secret };
  const client = new Client(new Config({ ...keys, protocol: job.protocol, endpoint: job.endpoint, ...options }));
  if (job.action || job.version) {
    return callAnother(client, job);
  }
  const given = Object.fromEntries(Object.entries(job.arguments).map(([name, value]) => [FIELDS[name], value]));
  return (await client.compareFaces(new CompareFacesRequest(given))).body.toMap();
}

// What the kit itself does behind compareFaces, of another name or version.
async function callAnother(client, job) {
  const called = new Params({
    action: job.action ?? 'CompareFaces',
    version: job.version ?? '2019-03-07',
    protocol: 'HTTPS',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
  return (await client.callApi(called, new OpenApiRequest({ body: job.arguments }), new RuntimeOptions({}))).body;
}

serve(call, (error) => ({
  name: error.name,
  status: error.statusCode ?? null,
  request_id: error.data?.RequestId ?? null,
  retry_after: error.retryAfter ?? null,
}));
