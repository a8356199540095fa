// Holds answers against HubSpot's OpenAPI documents of version 2026-03.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv } from "ajv";
import addFormats from "ajv-formats";

import { folder, Specs, type Json } from "./specs.ts";

/** Where the documents and the wire are known to differ. The wire is what the sandbox imitates. */
export const departures = [
  "a property value may be null: the documents say string, HubSpot's API answers null for one that is not set",
  "an error may lack its category: OAuth's errors and the ten-second 429 are documented and recorded without one",
  "an associated record's id is a number and a type's label may be null: the documents say string, HubSpot's pages show these",
  "an archived owner has no userId but null: the documents say integer, HubSpot's page shows null",
  "a batch's error about missing associations has a subCategory in words, and neither errors nor links: recorded so",
];

const documents = ["oauth", "contacts", "companies", "deals", "properties", "accountInfo", "associations", "crmOwners", "pipelines"];
const file = (document: string) => `${document}.2026-03.json`;

/** Reads the documents from `hubspot` below `root`, or explains why that cannot be done. */
export function readSpecs(root: string | undefined): Specs | string {
  const found = folder(root, "hubspot", documents.map(file));
  if (typeof found === "string") return found;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const read = (document: string): [string, Json] => {
    const spec: Json = JSON.parse(readFileSync(join(found.path, file(document)), "utf8"));
    depart(spec);
    return [document, spec];
  };
  return new Specs(ajv, new Map(documents.map(read)), {
    documented: dated,
    named: withoutTokens,
    body: (exchange) => ({ body: JSON.parse(exchange.body) }),
  });
}

/** The SDK speaks v3 and, to OAuth, v1; both answer as 2026-03 does. The documents call deals by their id. */
function dated(path: string): string {
  return path
    .replace(/^\/crm\/v3\/(objects|properties|pipelines)\//, "/crm/$1/2026-03/")
    .replace(/^\/crm\/v3\/owners\/?/, "/crm/owners/2026-03/")
    .replace(/^\/crm\/v4\/(objects|associations)\//, "/crm/$1/2026-03/")
    .replace(/^\/crm\/objects\/2026-03\/deals(?=\/|$)/, "/crm/objects/2026-03/0-3")
    .replace(/^\/account-info\/v3\//, "/account-info/2026-03/")
    .replace(/^\/oauth\/(v1|v3)\//, "/oauth/2026-03/")
    .replace(/\/$/, "");
}

function withoutTokens(path: string): string {
  return path.replace(/(access|refresh)-tokens\/.*/, "$1-tokens/{token}");
}

function depart(spec: Json): void {
  for (const [name, schema] of Object.entries<Json>(spec.components.schemas)) {
    const values = schema.properties?.properties?.additionalProperties;
    if (values?.type === "string") values.nullable = true;
    if (name === "Error") schema.required = schema.required.filter((field: string) => field !== "category");
    if (name === "MultiAssociatedObjectWithLabel") schema.properties.toObjectId = { type: ["string", "integer"] };
    if (name === "AssociationSpecWithLabel") schema.properties.label.nullable = true;
    if (name === "PublicOwner") schema.properties.userId.nullable = true;
    if (name === "StandardError") {
      schema.required = schema.required.filter((field: string) => field !== "errors" && field !== "links");
      schema.properties.subCategory = {};
    }
  }
}
