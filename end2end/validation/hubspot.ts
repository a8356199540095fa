// Validates responses against HubSpot's OpenAPI documents, version 2026-03.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv } from "ajv";
import addFormats from "ajv-formats";

import { OpenApiValidator, specFolder, type OpenApiDocument } from "./openapi.ts";

/** Where HubSpot's documents and its API are known to differ. The sandbox imitates the API. */
export const knownDifferences = [
  "a property value may be null: the documents say string, HubSpot's API returns null for a property that isn't set",
  "an error may have no category: OAuth errors and the ten-second 429 are documented and recorded without one",
  "an associated record's id is a number and a type's label may be null: the schemas say string, HubSpot's guides show these values",
  "an archived owner's userId is null: the schema says integer, HubSpot's guide shows null",
  "a batch error about missing associations has a textual subCategory, and neither errors nor links: recorded from the API",
];

const documents = ["oauth", "contacts", "companies", "deals", "properties", "accountInfo", "associations", "crmOwners", "pipelines"];
const file = (document: string) => `${document}.2026-03.json`;

/** Reads the documents from `hubspot` below `root`. Returns the reason when that isn't possible. */
export function readValidator(root: string | undefined): OpenApiValidator | string {
  const found = specFolder(root, "hubspot", documents.map(file));
  if (typeof found === "string") return found;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const read = (document: string): [string, OpenApiDocument] => {
    const spec: OpenApiDocument = JSON.parse(readFileSync(join(found.path, file(document)), "utf8"));
    applyKnownDifferences(spec);
    return [document, spec];
  };
  return new OpenApiValidator(ajv, new Map(documents.map(read)), {
    documentedPath,
    displayPath: withoutTokens,
    body: (exchange) => ({ body: JSON.parse(exchange.body) }),
  });
}

/** The SDK requests v3, and v1 for OAuth, whose responses equal those of 2026-03. The documents name deals by their type id. */
function documentedPath(path: string): string {
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

function applyKnownDifferences(spec: OpenApiDocument): void {
  for (const [name, schema] of Object.entries(spec.components.schemas)) {
    const values = schema.properties?.properties?.additionalProperties;
    if (typeof values === "object" && values.type === "string") values.nullable = true;
    if (name === "Error") schema.required = schema.required!.filter((field) => field !== "category");
    if (name === "MultiAssociatedObjectWithLabel") schema.properties!.toObjectId = { type: ["string", "integer"] };
    if (name === "AssociationSpecWithLabel") schema.properties!.label!.nullable = true;
    if (name === "PublicOwner") schema.properties!.userId!.nullable = true;
    if (name === "StandardError") {
      schema.required = schema.required!.filter((field) => field !== "errors" && field !== "links");
      schema.properties!.subCategory = {};
    }
  }
}
