// Holds answers against Notion's OpenAPI document, which describes version 2026-03-11.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import type { Exchange } from "./recorder.ts";
import { folder, Specs, type Json } from "./specs.ts";

/** Where the document and the wire are known to differ. The wire is what the sandbox imitates. */
export const departures = [
  "every body may have a request_id, which must be that of the header: the document closes most of its objects without it",
  "an error of OAuth may repeat its code as error and its message as error_description: Notion's guide has these, the document the others",
  "a date may have a time of day: the document gives it the format date, Notion's page on property values has both",
  "a data source may have columns of the types button, place and verification: the document has their values, and not their columns",
  "a relation of more than 25 rows says has_more: Notion's page on retrieving pages has it, the document does not",
  "a block is held against the full description only: the document also allows for no more than its id, which anything would fit",
  "parts of an allOf that are closed each for itself are closed together: as they stand nothing could fit them",
];

const file = "notion-openapi.official.json";
const prefix = "#/components/schemas/";

/** Reads the document from `notion` below `root`, or explains why that cannot be done. */
export function readSpecs(root: string | undefined): Specs | string {
  const found = folder(root, "notion", [file]);
  if (typeof found === "string") return found;
  // Inlined, the document's many alternatives inside alternatives make a validator that no memory holds.
  const ajv = new Ajv2020({ strict: false, inlineRefs: false });
  addFormats.default(ajv);
  const spec: Json = JSON.parse(readFileSync(join(found.path, file), "utf8"));
  depart(spec.components.schemas);
  return new Specs(ajv, new Map([["notion", closedTogether(spec)]]), {
    documented: (path) => path,
    named: (path) => path.replaceAll(/[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/g, "{id}"),
    body: ({ body, headers }: Exchange) => {
      const { request_id, error, error_description, ...rest }: Json = JSON.parse(body);
      if (request_id !== headers.get("x-notion-request-id")) return { violation: "the request id is not that of the header" };
      if (error !== undefined && error !== rest.code) return { violation: "error and code differ" };
      if (error_description !== undefined && error_description !== rest.message) return { violation: "error_description and message differ" };
      return { body: rest };
    },
  });
}

function depart(schemas: Json): void {
  const either = { anyOf: [{ type: "string", format: "date" }, { type: "string", format: "date-time" }] };
  schemas.dateResponse.properties.start = either;
  schemas.dateResponse.properties.end = { anyOf: [either, { type: "null" }] };
  schemas.relationArrayBasedPropertyValueResponse.properties.has_more = { type: "boolean" };
  Object.assign(schemas.partialBlockObjectResponse, { additionalProperties: false });
  const columns = schemas.databasePropertyConfigResponse.allOf.find((part: Json) => part.oneOf).oneOf;
  for (const type of ["button", "place", "verification"]) {
    const properties = { type: { const: type }, [type]: { $ref: `${prefix}emptyObject` } };
    columns.push({ type: "object", properties, required: ["type", type] });
  }
}

/** Moves `additionalProperties: false` from the parts of every `allOf` to the whole, where the properties of all parts are known. */
function closedTogether(spec: Json): Json {
  const opened = new Map<string, Json>();
  const part = (schema: Json): Json => {
    const name: string | undefined = schema.$ref?.slice(prefix.length);
    if (name !== undefined) {
      if (!opened.has(name)) {
        const open: Json = {};
        opened.set(name, open);
        Object.assign(open, part(spec.components.schemas[name]));
      }
      return { $ref: `${prefix}${name}Open` };
    }
    const { additionalProperties, ...open } = schema;
    if (additionalProperties !== undefined && additionalProperties !== false) open.additionalProperties = additionalProperties;
    for (const join of ["allOf", "anyOf", "oneOf"]) if (open[join]) open[join] = open[join].map(part);
    return open;
  };
  const whole = (node: any): any => {
    if (Array.isArray(node)) return node.map(whole);
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node.allOf)) return { ...node, allOf: node.allOf.map(part), unevaluatedProperties: false };
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, whole(value)]));
  };
  const closed: Json = whole(spec);
  // What stands deeper inside an opened part is closed as ever.
  for (const [name, schema] of opened) closed.components.schemas[`${name}Open`] = inside(schema, whole);
  return closed;
}

/** Applies `change` to the properties and items of a schema, and leaves its own joins open. */
function inside(schema: Json, change: (node: any) => any): Json {
  const joins = ["allOf", "anyOf", "oneOf"];
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      joins.includes(key) ? value.map((member: Json) => inside(member, change)) : change(value),
    ]),
  );
}
