// Holds answers against HubSpot's OpenAPI documents of version 2026-03.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

import type { Exchange } from "./recorder.ts";

export interface Verdict {
  validated: number;
  violations: string[];
  /** Exchanges for which the documents have no schema, with the number of times each came. */
  unspecified: Map<string, number>;
}

/** Where the documents and the wire are known to differ. The wire is what the sandbox imitates. */
export const departures = [
  "a property value may be null: the documents say string, HubSpot's API answers null for one that is not set",
  "an error may lack its category: OAuth's errors and the ten-second 429 are documented and recorded without one",
];

const documents = ["oauth", "contacts", "companies", "deals", "properties", "accountInfo"];

type Json = { [key: string]: any };

/** Reads the documents from `directory`, or explains why that cannot be done. */
export function readSpecs(directory: string | undefined): Specs | string {
  if (!directory) return "TRIBUTARY_SPECS is not set";
  const missing = documents.map((name) => join(directory, `${name}.2026-03.json`)).find((path) => !existsSync(path));
  return missing ? `${missing} does not exist` : new Specs(directory);
}

export class Specs {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly routes: { document: string; path: string; segments: string[]; operations: Json }[] = [];
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(directory: string) {
    addFormats.default(this.ajv);
    for (const document of documents) {
      const spec: Json = JSON.parse(readFileSync(join(directory, `${document}.2026-03.json`), "utf8"));
      depart(spec);
      this.ajv.addSchema(spec, document);
      for (const [path, operations] of Object.entries<Json>(spec.paths)) {
        this.routes.push({ document, path, segments: path.split("/"), operations });
      }
    }
    // A path that is written out comes before one with parameters.
    this.routes.sort((a, b) => parameters(a.segments) - parameters(b.segments));
  }

  judge(exchanges: Exchange[]): Verdict {
    const verdict: Verdict = { validated: 0, violations: [], unspecified: new Map() };
    for (const exchange of exchanges) {
      const name = `${exchange.method} ${withoutTokens(exchange.path)} ${exchange.status}`;
      const validate = this.validator(exchange);
      if (!validate) {
        verdict.unspecified.set(name, (verdict.unspecified.get(name) ?? 0) + 1);
        continue;
      }
      verdict.validated += 1;
      if (!validate(JSON.parse(exchange.body))) verdict.violations.push(`${name}: ${this.ajv.errorsText(validate.errors)}`);
    }
    return verdict;
  }

  private validator({ method, path, status }: Exchange): ValidateFunction | undefined {
    const segments = dated(path).split("/");
    const route = this.routes.find((route) => route.operations[method.toLowerCase()] && fits(route.segments, segments));
    const responses: Json | undefined = route?.operations[method.toLowerCase()].responses;
    if (!route || !responses || status === 204) return undefined;
    const code = String(status) in responses ? String(status) : "default";
    // A reference replaces the response, whose schema then stands among the components.
    const reference: string | undefined = responses[code].$ref;
    const response = reference ?? `#/paths/${escape(route.path)}/${method.toLowerCase()}/responses/${code}`;
    const media = reference ? "*/*" : "application/json";
    const pointer = `${route.document}${response}/content/${escape(media)}/schema`;
    const validate = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: pointer });
    this.compiled.set(pointer, validate);
    return validate;
  }
}

/** The SDK speaks v3 and, to OAuth, v1; both answer as 2026-03 does. The documents call deals by their id. */
function dated(path: string): string {
  return path
    .replace(/^\/crm\/v3\/(objects|properties)\//, "/crm/$1/2026-03/")
    .replace(/^\/crm\/objects\/2026-03\/deals(?=\/|$)/, "/crm/objects/2026-03/0-3")
    .replace(/^\/account-info\/v3\//, "/account-info/2026-03/")
    .replace(/^\/oauth\/(v1|v3)\//, "/oauth/2026-03/");
}

function fits(wanted: string[], given: string[]): boolean {
  return wanted.length === given.length && wanted.every((segment, at) => segment.startsWith("{") || segment === given[at]);
}

function parameters(segments: string[]): number {
  return segments.filter((segment) => segment.startsWith("{")).length;
}

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function withoutTokens(path: string): string {
  return path.replace(/(access|refresh)-tokens\/.*/, "$1-tokens/{token}");
}

function depart(spec: Json): void {
  for (const [name, schema] of Object.entries<Json>(spec.components.schemas)) {
    const values = schema.properties?.properties?.additionalProperties;
    if (values?.type === "string") values.nullable = true;
    if (name === "Error") schema.required = schema.required.filter((field: string) => field !== "category");
  }
}
