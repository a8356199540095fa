// Holds answers against the shapes that Airtable documents. There is no OpenAPI document of Airtable to be had, so the
// schemas are written here, from https://airtable.com/developers/web/api. What a record may hold follows from the schema
// of its table, as the same session told it.

import { Ajv, type ValidateFunction } from "ajv";

import type { Exchange } from "./recorder.ts";

export interface Verdict {
  validated: number;
  violations: string[];
  /** Exchanges without a shape, with the number of times each came. */
  unspecified: Map<string, number>;
}

type Schema = { [key: string]: unknown };
type Field = { id: string; name: string; type: string; options?: { [key: string]: any } };
type Table = { id: string; name: string; fields: Field[] };

const text: Schema = { type: "string", minLength: 1 };
const number: Schema = { type: "number" };
const count: Schema = { type: "integer", minimum: 0 };
const flag: Schema = { type: "boolean" };
const moment: Schema = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" };
const day: Schema = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\d$" };

const id = (prefix: string): Schema => ({ type: "string", pattern: `^${prefix}[A-Za-z0-9]{14}$` });
const some = (items: Schema): Schema => ({ type: "array", minItems: 1, items });
const any = (items: Schema): Schema => ({ type: "array", items });

/** An object with these parts and no others; a name with a question mark may be missing. */
function exactly(parts: { [name: string]: Schema }): Schema {
  const entries = Object.entries(parts).map(([name, schema]) => [name.replace(/\?$/, ""), schema] as const);
  const required = Object.keys(parts).filter((name) => !name.endsWith("?"));
  return { type: "object", properties: Object.fromEntries(entries), required, additionalProperties: false };
}

const person = exactly({ id: id("usr"), email: text, name: text });
const thumbnail = exactly({ url: text, width: count, height: count });
const file = exactly({
  id: id("att"), url: { type: "string", pattern: "^https://" }, filename: text, size: count, type: text, "width?": count, "height?": count,
  "thumbnails?": exactly({ small: thumbnail, large: thumbnail, full: thumbnail }),
});

const dateFormat = exactly({ name: { enum: ["local", "friendly", "us", "european", "iso"] }, format: text });
const timeFormat = exactly({ name: { enum: ["12hour", "24hour"] }, format: text });
const dateTime = exactly({ dateFormat, timeFormat, timeZone: text });
const colour: Schema = { type: "string", pattern: "^(blue|cyan|teal|green|yellow|orange|red|pink|purple|gray)(Light2|Light1|Bright|Dark1)$" };
const choices = exactly({ choices: some(exactly({ id: id("sel"), name: text, "color?": colour })) });
const precision = exactly({ precision: { type: "integer", minimum: 0, maximum: 8 } });
const config: Schema = { type: "object", required: ["type"], properties: { type: text } };
const fieldIds = any(id("fld"));
const through = { isValid: flag, recordLinkFieldId: id("fld"), fieldIdInLinkedTable: id("fld"), result: config };

/** Of each type of field, the options; `null` for a type that has none. */
const options: { [type: string]: Schema | null } = {
  singleLineText: null, multilineText: null, richText: null, email: null, url: null, phoneNumber: null, autoNumber: null, barcode: null,
  button: null,
  number: precision,
  percent: precision,
  currency: exactly({ precision: { type: "integer", minimum: 0, maximum: 7 }, symbol: text }),
  duration: exactly({ durationFormat: { enum: ["h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS"] } }),
  rating: exactly({ icon: text, color: colour, max: { type: "integer", minimum: 1, maximum: 10 } }),
  checkbox: exactly({ icon: text, color: colour }),
  singleSelect: choices, multipleSelects: choices, externalSyncSource: choices,
  singleCollaborator: exactly({}), multipleCollaborators: exactly({}), createdBy: exactly({}), lastModifiedBy: exactly({}),
  date: exactly({ dateFormat }),
  dateTime,
  createdTime: exactly({ result: exactly({ type: { const: "dateTime" }, options: dateTime }) }),
  lastModifiedTime: exactly({
    isValid: flag, referencedFieldIds: fieldIds, result: exactly({ type: { const: "dateTime" }, options: dateTime }),
  }),
  multipleAttachments: exactly({ isReversed: flag }),
  multipleRecordLinks: exactly({
    linkedTableId: id("tbl"), isReversed: flag, prefersSingleRecordLink: flag, "inverseLinkFieldId?": id("fld"),
    "viewIdForRecordSelection?": id("viw"),
  }),
  multipleLookupValues: exactly(through),
  rollup: exactly({ ...through, referencedFieldIds: fieldIds }),
  count: exactly({ isValid: flag, recordLinkFieldId: id("fld") }),
  formula: exactly({ isValid: flag, formula: text, referencedFieldIds: fieldIds, result: config }),
  aiText: exactly({
    prompt: some({ anyOf: [text, exactly({ field: exactly({ fieldId: id("fld") }) })] }), referencedFieldIds: fieldIds,
  }),
};

const fieldShapes = Object.entries(options).map(([type, shape]) =>
  exactly({ id: id("fld"), name: text, type: { const: type }, "description?": text, ...(shape && { options: shape }) }),
);

/** What a formula holds that went wrong. */
const wrong: Schema = {
  anyOf: [exactly({ specialValue: { enum: ["NaN", "Infinity", "-Infinity"] } }), exactly({ error: { type: "string", pattern: "^#" } })],
};

/** What a cell of a field holds, if it is not empty. */
function cell(field: Pick<Field, "type" | "options">): Schema {
  const names = (): Schema => ({ enum: field.options!.choices.map((choice: { name: string }) => choice.name) });
  switch (field.type) {
    case "email": return { type: "string", pattern: "^[^@\\s]+@[^@\\s]+$" };
    case "url": return { type: "string", pattern: "^https?://" };
    case "number": case "percent": case "currency": return number;
    case "duration": case "count": return count;
    case "autoNumber": return { type: "integer", minimum: 1 };
    case "rating": return { type: "integer", minimum: 1, maximum: field.options!.max };
    case "checkbox": return { const: true };
    case "singleSelect": case "externalSyncSource": return names();
    case "multipleSelects": return { ...some(names()), uniqueItems: true };
    case "singleCollaborator": case "createdBy": case "lastModifiedBy": return person;
    case "multipleCollaborators": return some(person);
    case "date": return day;
    case "dateTime": case "createdTime": case "lastModifiedTime": return moment;
    case "multipleAttachments": return some(file);
    case "multipleRecordLinks": return { ...some(id("rec")), uniqueItems: true };
    case "multipleLookupValues": return some(item(field.options!.result));
    case "rollup": return cell(field.options!.result);
    case "formula": return { anyOf: [cell(field.options!.result), wrong] };
    case "barcode": return exactly({ text, "type?": text });
    case "button": return exactly({ label: text, url: { type: ["string", "null"] } });
    case "aiText": return exactly({
      state: { enum: ["empty", "loading", "generated", "error"] }, isStale: flag, value: { type: ["string", "null"] }, "errorType?": text,
    });
    case "singleLineText": case "multilineText": case "richText": case "phoneNumber": return text;
    default: throw new Error(`There is no shape for cells of type ${field.type}.`);
  }
}

/** One of the values that a lookup gathers: of fields with several values each counts as one. */
function item(field: Pick<Field, "type" | "options">): Schema {
  const whole = cell(field);
  return whole.type === "array" ? (whole.items as Schema) : whole;
}

const error = (...types: string[]): Schema => exactly({ error: exactly({ type: { enum: types }, message: text }) });

const errors: { [status: string]: Schema } = {
  400: error("INVALID_REQUEST_BODY"),
  401: error("AUTHENTICATION_REQUIRED"),
  403: error("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "INVALID_PERMISSIONS"),
  404: exactly({ error: { const: "NOT_FOUND" } }),
  413: error("REQUEST_TOO_LARGE"),
  422: error(
    "INVALID_REQUEST_UNKNOWN", "UNKNOWN_FIELD_NAME", "INVALID_FILTER_BY_FORMULA", "LIST_RECORDS_ITERATOR_NOT_AVAILABLE",
    "VIEW_NAME_NOT_FOUND", "VIEW_ID_NOT_FOUND",
  ),
  429: { anyOf: [error("RATE_LIMIT_REACHED"), exactly({ errors: some(exactly({ error: { const: "RATE_LIMIT_REACHED" }, message: text })) })] },
  500: error("SERVER_ERROR"),
  502: error("RETRIABLE_ERROR"),
  503: error("RETRIABLE_ERROR"),
};

const tokenErrors = exactly({
  error: { enum: ["invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "unsupported_grant_type", "conflict"] },
  error_description: text,
});

const tokens = exactly({
  access_token: text, refresh_token: text, token_type: { const: "Bearer " }, scope: text, expires_in: count, refresh_expires_in: count,
});

const whoami = exactly({ id: id("usr"), "email?": text, "scopes?": any(text) });

const bases = exactly({
  bases: any(exactly({ id: id("app"), name: text, permissionLevel: { enum: ["none", "read", "comment", "edit", "create"] } })),
  "offset?": { type: "string", pattern: "^itr[A-Za-z0-9]{14}/app[A-Za-z0-9]{14}$" },
});

const tables = exactly({
  tables: some(exactly({
    id: id("tbl"), name: text, "description?": text, primaryFieldId: id("fld"), fields: some({ anyOf: fieldShapes }),
    views: some(exactly({
      id: id("viw"), name: text, type: { enum: ["grid", "form", "calendar", "gallery", "kanban", "timeline", "block"] },
      "visibleFieldIds?": some(id("fld")),
    })),
  })),
});

const reader = exactly({ userId: id("usr"), "email?": text, "name?": text });
const comments = exactly({
  comments: any(exactly({
    id: id("com"), author: person, text, createdTime: moment, lastUpdatedTime: { anyOf: [moment, { type: "null" }] },
    "parentCommentId?": id("com"),
    "mentioned?": {
      type: "object", propertyNames: id("usr"), additionalProperties: exactly({ type: text, id: id("usr"), displayName: text, "email?": text }),
    },
    "reactions?": any(exactly({ emoji: exactly({ unicodeCharacter: text }), reactingUser: reader })),
  })),
  offset: { type: ["string", "null"] },
});

/** Records of a table. Without a table only what all records have in common is known. */
function record(table: Table, asText: boolean): Schema {
  const shape = (field: Field): Schema => (asText ? { type: "string" } : cell(field));
  const byName = Object.fromEntries(table.fields.map((field) => [`${field.name}?`, shape(field)]));
  const byId = Object.fromEntries(table.fields.map((field) => [`${field.id}?`, shape(field)]));
  return exactly({ id: id("rec"), createdTime: moment, "commentCount?": count, fields: { anyOf: [exactly(byName), exactly(byId)] } });
}

const page = (records: Schema): Schema =>
  exactly({ records: any(records), "offset?": { type: "string", pattern: "^itr[A-Za-z0-9]{14}/rec[A-Za-z0-9]{14}$" } });

export class Shapes {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly compiled = new Map<unknown, ValidateFunction>();

  judge(exchanges: Exchange[]): Verdict {
    const verdict: Verdict = { validated: 0, violations: [], unspecified: new Map() };
    const known = schemasIn(exchanges);
    const recordShapes = new Map<string, Schema>();
    for (const exchange of exchanges) {
      const name = `${exchange.method} ${exchange.path} ${exchange.status}`;
      const schema = shapeOf(exchange, known, recordShapes);
      if (!schema) {
        verdict.unspecified.set(name, (verdict.unspecified.get(name) ?? 0) + 1);
        continue;
      }
      const validate = this.compiled.get(schema) ?? this.ajv.compile(schema);
      this.compiled.set(schema, validate);
      verdict.validated += 1;
      if (!validate(JSON.parse(exchange.body))) verdict.violations.push(`${name}: ${this.ajv.errorsText(validate.errors).slice(0, 2000)}`);
    }
    return verdict;
  }
}

/** The tables that the session was told of, by base and by the table's id or name. */
function schemasIn(exchanges: Exchange[]): Map<string, Table> {
  const found = new Map<string, Table>();
  for (const { path, status, body } of exchanges) {
    const base = /^\/v0\/meta\/bases\/([^/]+)\/tables$/.exec(path)?.[1];
    if (!base || status !== 200) continue;
    for (const table of JSON.parse(body).tables as Table[]) {
      found.set(`${base}/${table.id}`, table);
      found.set(`${base}/${table.name}`, table);
    }
  }
  return found;
}

function shapeOf({ method, path, query, status }: Exchange, known: Map<string, Table>, records: Map<string, Schema>): Schema | undefined {
  if (path === "/oauth2/v1/token") return status === 200 ? tokens : tokenErrors;
  if (!path.startsWith("/v0/")) return undefined;
  if (status !== 200) return errors[status];
  const [first, second, third, fourth] = path.slice("/v0/".length).split("/").map(decodeURIComponent);
  if (first === "meta") return { whoami, bases: fourth === "tables" ? tables : bases }[second!];
  const table = known.get(`${first}/${second}`);
  if (!table) return undefined;
  if (fourth === "comments") return comments;
  const [asText, isPage] = [query.get("cellFormat") === "string", third === undefined || (method === "POST" && third === "listRecords")];
  const key = `${table.id} ${asText} ${isPage}`;
  const shape = records.get(key) ?? (isPage ? page(record(table, asText)) : record(table, asText));
  records.set(key, shape);
  return shape;
}
