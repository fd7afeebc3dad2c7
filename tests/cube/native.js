// Stands in for Cube's native module, which is a download from GitHub that not every machine can make: `node --require`.
//
// Belongs here: what REST needs of it, a logger that is silent and rows put into the shape of an answer. What it does not
// do: the SQL API, the Tesseract planner, Jinja, Python, several queries in one answer. Users run the stock image, whose
// native module formats the same rows.
'use strict';

const fs = require('fs');
const Module = require('module');

const WANTED = /native[\\/](native[\\/])?index\.node$/;
const loadOther = Module._load;
const existsOther = fs.existsSync;

function asTime(value) {
  const text = (value instanceof Date ? value.toISOString() : String(value)).replace(' ', 'T');
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.length === 10 ? `${text}T00:00:00` : text}Z`;
  const moment = new Date(zoned);
  return Number.isNaN(+moment) ? value : moment.toISOString().slice(0, 23);
}

function asValue(value, type) {
  if (value === null || value === undefined) return null;
  return type === 'time' ? asTime(value) : value;
}

// Columns as the driver gave them become rows named by members; a member that the annotation lacks is hidden.
function rowsOf(request, raw) {
  const { members: aliases, columns } = Buffer.isBuffer(raw) ? JSON.parse(raw.toString()) : raw;
  const named = aliases.map((alias, i) => {
    const member = request.aliasToMemberNameMap[alias];
    if (!member || !request.annotation[member]) {
      throw new Error(`You requested hidden member: '${alias}'. Please make it visible using \`public: true\`.`);
    }
    return { member, type: request.annotation[member].type, values: columns[i] };
  });
  const height = columns.length ? columns[0].length : 0;
  return Array.from({ length: height }, (_, i) => (
    Object.fromEntries(named.map(({ member, type, values }) => [member, asValue(values[i], type)]))
  ));
}

const standIn = {
  setupLogger() {},
  resetLogger() {},
  isFallbackBuild: () => true,
  newJinjaEngine: () => ({ loadTemplate() {}, renderTemplate() { throw new Error('Jinja needs the native module.'); } }),
  getFinalQueryResult: async (request, raw, answer) => (
    new TextEncoder().encode(JSON.stringify({ ...answer, data: rowsOf(request, raw) })).buffer
  ),
};

fs.existsSync = (path) => WANTED.test(String(path)) || existsOther(path);
Module._load = function load(request, ...others) {
  return WANTED.test(String(request)) ? standIn : loadOther.call(this, request, ...others);
};
