// Validates responses against Notion's OpenAPI document, which describes version 2026-03-11.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import type { Exchange } from "../support/recording-proxy.ts";
import { OpenApiValidator, specFolder, type OpenApiDocument, type Schema } from "./openapi.ts";

/** Where Notion's document and its API are known to differ. The sandbox imitates the API. */
export const knownDifferences = [
  "every body may have a request_id, which must equal the header's: most objects in the document allow no further property",
  "an OAuth error may repeat its code as error and its message as error_description: Notion's guide has these, the document has code and message",
  "a date may include a time: the document says format date, Notion's page on property values shows both",
  "a data source may have columns of the types button, place and verification: the document describes their values but not the columns",
  "a relation of more than 25 rows has has_more: Notion's page on retrieving pages has it, the document doesn't",
  "a block is validated as a full block only: the document also allows a partial block, which has only an id and matches anything",
  "members of an allOf that each forbid further properties forbid them together: as written, nothing could match them",
];

const file = "notion-openapi.official.json";
const prefix = "#/components/schemas/";

/** Reads the document from `notion` below `root`. Returns the reason when that isn't possible. */
export function readValidator(root: string | undefined): OpenApiValidator | string {
  const found = specFolder(root, "notion", [file]);
  if (typeof found === "string") return found;
  // With inlined references, the document's nested alternatives expand into a validator that doesn't fit into memory.
  const ajv = new Ajv2020({ strict: false, inlineRefs: false });
  addFormats.default(ajv);
  const spec: OpenApiDocument = JSON.parse(readFileSync(join(found.path, file), "utf8"));
  applyKnownDifferences(spec.components.schemas);
  return new OpenApiValidator(ajv, new Map([["notion", closeTogether(spec)]]), {
    documentedPath: (path) => path,
    displayPath: (path) => path.replaceAll(/[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/g, "{id}"),
    body: ({ body, headers }: Exchange) => {
      const { request_id, error, error_description, ...rest } = JSON.parse(body) as Record<string, unknown>;
      if (request_id !== headers.get("x-notion-request-id")) return { violation: "request_id differs from the header's" };
      if (error !== undefined && error !== rest.code) return { violation: "error and code differ" };
      if (error_description !== undefined && error_description !== rest.message) return { violation: "error_description and message differ" };
      return { body: rest };
    },
  });
}

function applyKnownDifferences(schemas: Record<string, Schema>): void {
  const date = { anyOf: [{ type: "string", format: "date" }, { type: "string", format: "date-time" }] };
  Object.assign(schemas.dateResponse!.properties!, { start: date, end: { anyOf: [date, { type: "null" }] } });
  schemas.relationArrayBasedPropertyValueResponse!.properties!.has_more = { type: "boolean" };
  schemas.partialBlockObjectResponse!.additionalProperties = false;
  const columns = schemas.databasePropertyConfigResponse!.allOf!.find((part) => part.oneOf)!.oneOf!;
  for (const type of ["button", "place", "verification"]) {
    const properties: Record<string, Schema> = { type: { const: type }, [type]: { $ref: `${prefix}emptyObject` } };
    columns.push({ type: "object", properties, required: ["type", type] });
  }
}

/** The keywords that combine schemas. */
const combinators = ["allOf", "anyOf", "oneOf"] as const;

/**
 * Moves `additionalProperties: false` from the members of every `allOf` to the whole, as `unevaluatedProperties: false`, where
 * the properties of all members are known. Schemas that members refer to are copied as `{name}Open`.
 */
function closeTogether(spec: OpenApiDocument): OpenApiDocument {
  const opened = new Map<string, Schema>();
  const open = (schema: Schema): Schema => {
    const name = schema.$ref?.slice(prefix.length);
    if (name !== undefined) {
      if (!opened.has(name)) {
        const copy: Schema = {};
        // Registered before it is filled, since a schema may refer to itself.
        opened.set(name, copy);
        Object.assign(copy, open(spec.components.schemas[name]!));
      }
      return { $ref: `${prefix}${name}Open` };
    }
    const { additionalProperties, ...rest } = schema;
    const copy: Schema = rest;
    if (additionalProperties !== undefined && additionalProperties !== false) copy.additionalProperties = additionalProperties;
    for (const combinator of combinators) if (copy[combinator]) copy[combinator] = copy[combinator].map(open);
    return copy;
  };
  const close = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(close);
    if (typeof node !== "object" || node === null) return node;
    if ("allOf" in node && Array.isArray(node.allOf)) return { ...node, allOf: (node.allOf as Schema[]).map(open), unevaluatedProperties: false };
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, close(value)]));
  };
  const closed = close(spec) as OpenApiDocument;
  // Only the copies themselves are open: what their properties and items contain is closed as before.
  for (const [name, schema] of opened) closed.components.schemas[`${name}Open`] = mapContents(schema, close);
  return closed;
}

/** Applies `change` to the properties and items of a schema and of the schemas that it combines, but not to these schemas. */
function mapContents(schema: Schema, change: (node: unknown) => unknown): Schema {
  const isCombinator = (key: string) => combinators.some((combinator) => combinator === key);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      isCombinator(key) ? (value as Schema[]).map((member) => mapContents(member, change)) : change(value),
    ]),
  );
}
