// Holds answers against OpenAPI documents: finds the schema of an answer by method, path and status, and validates the body with Ajv.

import { existsSync } from "node:fs";
import { join } from "node:path";

import type { ValidateFunction } from "ajv";
import type Ajv from "ajv/dist/core.js";

import type { Exchange } from "./recorder.ts";

export interface Verdict {
  validated: number;
  violations: string[];
  /** Exchanges for which the documents have no schema, with the number of times each came. */
  unspecified: Map<string, number>;
}

export type Json = { [key: string]: any };

/** What of a provider's wire the documents have to be told. */
export interface Wire {
  /** The path as the documents spell it. */
  documented(path: string): string;
  /** The path without what is secret in it, for names. */
  named(path: string): string;
  /** The body to validate, or a violation found on the way to it. */
  body(exchange: Exchange): { body: unknown } | { violation: string };
}

/** The folder of a provider's documents below `root`, or why they cannot be read. */
export function folder(root: string | undefined, provider: string, files: string[]): { path: string } | string {
  if (!root) return "TRIBUTARY_SPECS is not set";
  const path = join(root, provider);
  const missing = files.map((file) => join(path, file)).find((file) => !existsSync(file));
  return missing ? `${missing} does not exist` : { path };
}

export class Specs {
  private readonly routes: { document: string; path: string; segments: string[]; operations: Json }[] = [];
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly ajv: Ajv.default;
  private readonly wire: Wire;

  /** `documents` by their names; `ajv` speaks the dialect that they are written in. */
  constructor(ajv: Ajv.default, documents: Map<string, Json>, wire: Wire) {
    this.ajv = ajv;
    this.wire = wire;
    for (const [document, spec] of documents) {
      ajv.addSchema(spec, document);
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
      const name = `${exchange.method} ${this.wire.named(exchange.path)} ${exchange.status}`;
      const validate = this.validator(exchange);
      if (!validate) {
        verdict.unspecified.set(name, (verdict.unspecified.get(name) ?? 0) + 1);
        continue;
      }
      verdict.validated += 1;
      const read = this.wire.body(exchange);
      if ("violation" in read) verdict.violations.push(`${name}: ${read.violation}`);
      else if (!validate(read.body)) verdict.violations.push(`${name}: ${this.ajv.errorsText(validate.errors)}`);
    }
    return verdict;
  }

  private validator({ method, path, status }: Exchange): ValidateFunction | undefined {
    const segments = this.wire.documented(path).split("/");
    const route = this.routes.find((route) => route.operations[method.toLowerCase()] && fits(route.segments, segments));
    const responses: Json | undefined = route?.operations[method.toLowerCase()].responses;
    if (!route || !responses || status === 204) return undefined;
    const code = String(status) in responses ? String(status) : "default";
    if (!(code in responses)) return undefined;
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

function fits(wanted: string[], given: string[]): boolean {
  return wanted.length === given.length && wanted.every((segment, at) => segment.startsWith("{") || segment === given[at]);
}

function parameters(segments: string[]): number {
  return segments.filter((segment) => segment.startsWith("{")).length;
}

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
