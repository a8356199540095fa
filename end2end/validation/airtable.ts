// Validates responses against schemas written from Airtable's documentation, since Airtable publishes no OpenAPI document:
// https://airtable.com/developers/web/api. The schema of a table's records is derived from the table's description, which
// the same test has to have requested.

import { Ajv, type ValidateFunction } from "ajv";

import type { Exchange } from "../support/recording-proxy.ts";
import type { ValidationReport } from "./openapi.ts";

type Schema = { [key: string]: unknown };
/** The type of a cell: a field's, or the result type of a formula, lookup or rollup. */
type CellType = { type: string; options?: { choices?: { name: string }[]; max?: number; result?: CellType } };
type Field = CellType & { id: string; name: string };
type Table = { id: string; name: string; fields: Field[] };

const text: Schema = { type: "string", minLength: 1 };
const number: Schema = { type: "number" };
const count: Schema = { type: "integer", minimum: 0 };
const flag: Schema = { type: "boolean" };
const moment: Schema = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" };
const day: Schema = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\d$" };

const id = (prefix: string): Schema => ({ type: "string", pattern: `^${prefix}[A-Za-z0-9]{14}$` });
const nonEmptyList = (items: Schema): Schema => ({ type: "array", minItems: 1, items });
const list = (items: Schema): Schema => ({ type: "array", items });

/** An object with exactly these properties. A question mark after a name makes it optional. */
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
const choices = exactly({ choices: nonEmptyList(exactly({ id: id("sel"), name: text, "color?": colour })) });
const precision = exactly({ precision: { type: "integer", minimum: 0, maximum: 8 } });
const config: Schema = { type: "object", required: ["type"], properties: { type: text } };
const fieldIds = list(id("fld"));
const through = { isValid: flag, recordLinkFieldId: id("fld"), fieldIdInLinkedTable: id("fld"), result: config };

/** The schema of each field type's options; `null` for a type without options. */
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
    prompt: nonEmptyList({ anyOf: [text, exactly({ field: exactly({ fieldId: id("fld") }) })] }), referencedFieldIds: fieldIds,
  }),
};

const fieldSchemas = Object.entries(options).map(([type, schema]) =>
  exactly({ id: id("fld"), name: text, type: { const: type }, "description?": text, ...(schema && { options: schema }) }),
);

/** The value of a formula that could not be computed. */
const formulaError: Schema = {
  anyOf: [exactly({ specialValue: { enum: ["NaN", "Infinity", "-Infinity"] } }), exactly({ error: { type: "string", pattern: "^#" } })],
};

/** The schema of a cell that isn't empty. */
function cell(field: CellType): Schema {
  const names = (): Schema => ({ enum: field.options!.choices!.map((choice) => choice.name) });
  switch (field.type) {
    case "email": return { type: "string", pattern: "^[^@\\s]+@[^@\\s]+$" };
    case "url": return { type: "string", pattern: "^https?://" };
    case "number": case "percent": case "currency": return number;
    case "duration": case "count": return count;
    case "autoNumber": return { type: "integer", minimum: 1 };
    case "rating": return { type: "integer", minimum: 1, maximum: field.options!.max };
    case "checkbox": return { const: true };
    case "singleSelect": case "externalSyncSource": return names();
    case "multipleSelects": return { ...nonEmptyList(names()), uniqueItems: true };
    case "singleCollaborator": case "createdBy": case "lastModifiedBy": return person;
    case "multipleCollaborators": return nonEmptyList(person);
    case "date": return day;
    case "dateTime": case "createdTime": case "lastModifiedTime": return moment;
    case "multipleAttachments": return nonEmptyList(file);
    case "multipleRecordLinks": return { ...nonEmptyList(id("rec")), uniqueItems: true };
    case "multipleLookupValues": return nonEmptyList(lookedUp(field.options!.result!));
    case "rollup": return cell(field.options!.result!);
    case "formula": return { anyOf: [cell(field.options!.result!), formulaError] };
    case "barcode": return exactly({ text, "type?": text });
    case "button": return exactly({ label: text, url: { type: ["string", "null"] } });
    case "aiText": return exactly({
      state: { enum: ["empty", "loading", "generated", "error"] }, isStale: flag, value: { type: ["string", "null"] }, "errorType?": text,
    });
    case "singleLineText": case "multilineText": case "richText": case "phoneNumber": return text;
    default: throw new Error(`There is no schema for cells of type ${field.type}.`);
  }
}

/** The schema of one value of a lookup, which flattens fields with several values. */
function lookedUp(field: CellType): Schema {
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
  429: { anyOf: [error("RATE_LIMIT_REACHED"), exactly({ errors: nonEmptyList(exactly({ error: { const: "RATE_LIMIT_REACHED" }, message: text })) })] },
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

const whoami = exactly({ id: id("usr"), "email?": text, "scopes?": list(text) });

const bases = exactly({
  bases: list(exactly({ id: id("app"), name: text, permissionLevel: { enum: ["none", "read", "comment", "edit", "create"] } })),
  "offset?": { type: "string", pattern: "^itr[A-Za-z0-9]{14}/app[A-Za-z0-9]{14}$" },
});

const tables = exactly({
  tables: nonEmptyList(exactly({
    id: id("tbl"), name: text, "description?": text, primaryFieldId: id("fld"), fields: nonEmptyList({ anyOf: fieldSchemas }),
    views: nonEmptyList(exactly({
      id: id("viw"), name: text, type: { enum: ["grid", "form", "calendar", "gallery", "kanban", "timeline", "block"] },
      "visibleFieldIds?": nonEmptyList(id("fld")),
    })),
  })),
});

const reader = exactly({ userId: id("usr"), "email?": text, "name?": text });
const comments = exactly({
  comments: list(exactly({
    id: id("com"), author: person, text, createdTime: moment, lastUpdatedTime: { anyOf: [moment, { type: "null" }] },
    "parentCommentId?": id("com"),
    "mentioned?": {
      type: "object", propertyNames: id("usr"), additionalProperties: exactly({ type: text, id: id("usr"), displayName: text, "email?": text }),
    },
    "reactions?": list(exactly({ emoji: exactly({ unicodeCharacter: text }), reactingUser: reader })),
  })),
  offset: { type: ["string", "null"] },
});

/** The schema of a table's records. */
function record(table: Table, asText: boolean): Schema {
  const value = (field: Field): Schema => (asText ? { type: "string" } : cell(field));
  const byName = Object.fromEntries(table.fields.map((field) => [`${field.name}?`, value(field)]));
  const byId = Object.fromEntries(table.fields.map((field) => [`${field.id}?`, value(field)]));
  return exactly({ id: id("rec"), createdTime: moment, "commentCount?": count, fields: { anyOf: [exactly(byName), exactly(byId)] } });
}

const page = (records: Schema): Schema =>
  exactly({ records: list(records), "offset?": { type: "string", pattern: "^itr[A-Za-z0-9]{14}/rec[A-Za-z0-9]{14}$" } });

export class AirtableValidator {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly compiled = new Map<unknown, ValidateFunction>();

  validate(exchanges: Exchange[]): ValidationReport {
    const report: ValidationReport = { validated: 0, violations: [], unspecified: new Map() };
    const tables = tablesIn(exchanges);
    const recordSchemas = new Map<string, Schema>();
    for (const exchange of exchanges) {
      const name = `${exchange.method} ${exchange.path} ${exchange.status}`;
      const schema = schemaOf(exchange, tables, recordSchemas);
      if (!schema) {
        report.unspecified.set(name, (report.unspecified.get(name) ?? 0) + 1);
        continue;
      }
      const validate = this.compiled.get(schema) ?? this.ajv.compile(schema);
      this.compiled.set(schema, validate);
      report.validated += 1;
      if (!validate(JSON.parse(exchange.body))) report.violations.push(`${name}: ${this.ajv.errorsText(validate.errors).slice(0, 2000)}`);
    }
    return report;
  }
}

/** The tables that these responses describe, by `{base id}/{table id}` and `{base id}/{table name}`. */
function tablesIn(exchanges: Exchange[]): Map<string, Table> {
  const found = new Map<string, Table>();
  for (const { path, status, body } of exchanges) {
    const base = /^\/v0\/meta\/bases\/([^/]+)\/tables$/.exec(path)?.[1];
    if (!base || status !== 200) continue;
    for (const table of (JSON.parse(body) as { tables: Table[] }).tables) {
      found.set(`${base}/${table.id}`, table);
      found.set(`${base}/${table.name}`, table);
    }
  }
  return found;
}

function schemaOf({ method, path, query, status }: Exchange, known: Map<string, Table>, recordSchemas: Map<string, Schema>): Schema | undefined {
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
  const schema = recordSchemas.get(key) ?? (isPage ? page(record(table, asText)) : record(table, asText));
  recordSchemas.set(key, schema);
  return schema;
}
