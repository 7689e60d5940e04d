"use strict";

const CHINESE = {
  key: "密钥", keyNote: "Bearer 密钥。只保留在本页面中，离开即清除。", send: "发送", sending: "正在发送…", form: "文件表单",
  answers: "响应", unset: "（默认）", failed: "请求失败：", noDocument: "无法读取 openapi.json",
};
const ENGLISH = {
  send: "Send", sending: "Sending…", form: "Form with files", answers: "Answers", unset: "(default)",
  failed: "The request failed: ", noDocument: "openapi.json cannot be read",
};
// What openapi.json says, which is in English.
const CHINESE_TEXTS = {
  "Face comparison with calibrated scores: two pictures in, a decision and its false match rate out. Errors have one envelope; its message is Chinese or English by `Accept-Language`.":
    "分数经过校准的人脸比对：输入两张图片，得到判定及其误匹配率。所有错误格式统一；按 `Accept-Language` 返回中文或英文消息。",
  "Compare the faces of two pictures. Charged when it comes to a score.": "比对两张图片中的人脸。得出分数才计费。",
  "Find every face of a picture, the chosen one first. Charged when there is one.": "检测图片中的所有人脸，选中的人脸排在最前。检测到人脸才计费。",
  "Measure the chosen face of a picture, and say what is wrong with it. Charged when there is one.": "测量图片中选中的人脸，并指出其质量问题。检测到人脸才计费。",
  "Say how surely the chosen face is a living person's, and its photo untouched. Charged when there is one.": "判断选中的人脸是否为镜头前的真人、照片是否未经合成或编辑。检测到人脸才计费。",
  "What scores mean on this server: its engine, and the threshold for each false match rate.": "本服务器分数的含义：所用引擎，以及各误匹配率对应的阈值。",
  "The process runs.": "进程正在运行。",
  "Requests can be served; 503 until then.": "可以处理请求；在此之前返回 503。",
  "An encoded picture.": "图片文件。",
  "The false match rate to decide at.": "判定所用的误匹配率。",
  "Which of several faces is the subject.": "图片中有多张人脸时，以哪一张为准。",
  "Keep what was read of the chosen face for an hour, and name it by a face token.": "将选中人脸的特征保存一小时，并返回其 face token。",
  "How free, sharp, well lit and frontal the chosen face has to be.": "对选中人脸的质量要求：遮挡、清晰度、光照、朝向。",
  "How surely a living person has to be before the camera; `high` is the strictest.": "活体要求：镜头前须为真人的把握程度；`high` 最严格。",
  "How surely the photo must not be generated or edited; `high` is the strictest.": "合成图要求：照片未经生成或编辑的把握程度；`high` 最严格。",
  "What kind of picture it is: documents (`idcard`, `watermark`, `cert`) pass the liveness control untested, and `infrared` pictures cannot be judged.": "图片的类型：证件（`idcard`、`watermark`、`cert`）不做活体检测、直接通过；`infrared` 红外图片无法判断。",
  "Whether the answer has 468 points of the face.": "是否返回人脸的 468 个关键点。",
  "Both pictures in the request": "两张图片都在请求中",
  "A face of an earlier answer, and a URL": "先前响应中的人脸，以及一个 URL",
  "The picture in the request": "图片在请求中",
  "A URL": "URL",
  "Successful Response": "成功",
  "The request is malformed.": "请求格式错误。",
  "No valid key.": "没有有效的密钥。",
  "Not allowed for this account.": "该账号无权调用。",
  "No such face token.": "没有该 face token。",
  "Too large.": "过大。",
  "Another media type is needed.": "需要其他媒体类型。",
  "A parameter or a picture cannot be used.": "参数或图片无法使用。",
  "Too many calls.": "调用过多。",
  "The server's own fault.": "服务器自身的错误。",
  "The server is busy, or not ready yet.": "服务器繁忙，或尚未就绪。",
};
const isChinese = navigator.language.toLowerCase().startsWith("zh");
const words = isChinese ? CHINESE : ENGLISH;

function make(tag, text, properties) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  return Object.assign(element, properties);
}

function translate(text) {
  return (isChinese && CHINESE_TEXTS[text]) || text || "";
}

/** A text in which names stand between backticks. */
function prose(tag, text, properties) {
  const element = make(tag, "", properties);
  translate(text).split("`").forEach((part, index) => element.append(index % 2 ? make("code", part) : part));
  return element;
}

function resolve(schema, api) {
  if (!schema || !schema.$ref) return schema || {};
  const path = schema.$ref.slice(2).split("/");
  return resolve(path.reduce((node, name) => node[name], api), api);
}

function inputFor(name, schema) {
  if (schema.contentMediaType) return make("input", "", { type: "file", name, accept: "image/*" });
  const values = schema.enum || (schema.type === "boolean" ? ["true", "false"] : null);
  if (!values) return make("input", "", { name, placeholder: String(schema.default ?? "") });
  const select = make("select", "", { name });
  select.append(make("option", words.unset, { value: "" }), ...values.map((value) => make("option", value, { value })));
  return select;
}

function headers(extra) {
  const key = document.getElementById("key").value.trim().replace(/^bearer\s+/i, "");
  const found = { "Accept-Language": isChinese ? "zh" : "en", ...extra };
  if (key) found.Authorization = `Bearer ${key}`;
  return found;
}

async function send(method, path, options, output) {
  output.className = "";
  output.textContent = words.sending;
  try {
    const answer = await fetch(path.slice(1), { method, credentials: "omit", ...options });
    const text = await answer.text();
    let shown = text;
    if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    }
    output.className = answer.ok ? "" : "bad";
    output.textContent = `${answer.status}\n${shown}`;
  } catch (error) {
    output.className = "bad";
    output.textContent = words.failed + error.message;
  }
}

function multipartForm(method, path, schema, api, output) {
  const form = make("form");
  form.append(make("h3", words.form));
  for (const [name, property] of Object.entries(schema.properties)) {
    const resolved = resolve(property, api);
    const label = make("label");
    label.append(make("span", name), inputFor(name, resolved));
    if (!resolved.contentMediaType) label.append(prose("span", resolved.description, { className: "note" }));
    form.append(label);
  }
  form.append(make("button", words.send));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = new FormData();
    for (const field of form.querySelectorAll("[name]")) {
      if (field.type === "file") {
        if (field.files[0]) body.append(field.name, field.files[0]);
      } else if (field.value) body.append(field.name, field.value);
    }
    send(method, path, { body, headers: headers() }, output);
  });
  return form;
}

function jsonForm(method, path, examples, output) {
  const form = make("form");
  form.append(make("h3", "JSON"));
  const text = make("textarea", "", { spellcheck: false });
  const chooser = make("select");
  for (const [name, example] of Object.entries(examples)) {
    chooser.append(make("option", translate(example.summary || name), { value: name }));
  }
  const show = () => { text.value = JSON.stringify(examples[chooser.value].value, null, 2); };
  chooser.addEventListener("change", show);
  show();
  form.append(chooser, text, make("button", words.send));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(method, path, { body: text.value, headers: headers({ "Content-Type": "application/json" }) }, output);
  });
  return form;
}

function answers(operation) {
  const block = make("details");
  block.append(make("summary", words.answers));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const content = (answer.content || {})["application/json"] || {};
    block.append(make("h3", `${status} ${translate(answer.description)}`));
    const shown = content.example ?? Object.values(content.examples || {}).map((example) => example.value);
    block.append(make("pre", JSON.stringify(shown, null, 2)));
  }
  return block;
}

function showOperation(path, method, operation, api) {
  const block = make("details", "", { className: "operation", id: operation.operationId });
  const heading = make("h2");
  heading.append(make("span", method.toUpperCase(), { className: "method" }), path);
  const description = operation.description || operation.summary;
  const summary = make("summary");
  summary.append(heading, prose("span", description, { className: "brief note" }));
  block.append(summary, prose("p", description));
  const output = make("pre", "", { ariaLive: "polite" });
  const content = (operation.requestBody || {}).content;
  if (content) {
    block.append(multipartForm(method.toUpperCase(), path, content["multipart/form-data"].schema, api, output));
    block.append(jsonForm(method.toUpperCase(), path, content["application/json"].examples, output));
  } else {
    const button = make("button", words.send);
    button.addEventListener("click", () => send(method.toUpperCase(), path, { headers: headers() }, output));
    block.append(button);
  }
  block.append(output, answers(operation));
  return block;
}

async function show() {
  const main = document.getElementById("operations");
  if (isChinese) {
    document.documentElement.lang = "zh";
    for (const element of document.querySelectorAll("[data-word]")) element.textContent = CHINESE[element.dataset.word];
  }
  try {
    const api = await (await fetch("openapi.json", { credentials: "omit" })).json();
    document.getElementById("about").replaceWith(prose("p", api.info.description, { id: "about" }));
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(methods)) main.append(showOperation(path, method, operation, api));
    }
  } catch (error) {
    main.append(make("p", `${words.noDocument}: ${error.message}`, { className: "bad" }));
  }
}

show();
