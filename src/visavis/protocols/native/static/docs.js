"use strict";

const CHINESE = {
  key: "密钥", keyNote: "密钥只保留在本页面中，离开即清除。", send: "发送", sending: "正在发送…", form: "文件表单",
  answers: "响应", unset: "（默认）", failed: "请求失败：", noDocument: "无法读取 openapi.json",
};
const ENGLISH = {
  send: "Send", sending: "Sending…", form: "Form with files", answers: "Answers", unset: "(default)",
  failed: "The request failed: ", noDocument: "openapi.json cannot be read",
};
const isChinese = navigator.language.toLowerCase().startsWith("zh");
const words = isChinese ? CHINESE : ENGLISH;

function make(tag, text, properties) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  return Object.assign(element, properties);
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
  const key = document.getElementById("key").value.trim();
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
    const label = make("label", "", { title: resolved.description || "" });
    label.append(make("span", name), inputFor(name, resolved));
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
    chooser.append(make("option", example.summary || name, { value: name }));
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
    block.append(make("h3", `${status} ${answer.description || ""}`));
    const shown = content.example ?? Object.values(content.examples || {}).map((example) => example.value);
    block.append(make("pre", JSON.stringify(shown, null, 2)));
  }
  return block;
}

function showOperation(path, method, operation, api) {
  const block = make("details", "", { className: "operation", id: operation.operationId });
  const heading = make("h2");
  heading.append(make("span", method.toUpperCase(), { className: "method" }), ` ${path}`);
  const summary = make("summary");
  summary.append(heading);
  block.append(summary, make("p", operation.description || operation.summary));
  const output = make("pre");
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
    document.getElementById("about").textContent = api.info.description;
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(methods)) main.append(showOperation(path, method, operation, api));
    }
  } catch (error) {
    main.append(make("p", `${words.noDocument}: ${error.message}`, { className: "bad" }));
  }
}

show();
