// Validates recorded responses against OpenAPI documents: finds the schema by method, path and status, and checks the body with Ajv.

import { existsSync } from "node:fs";
import { join } from "node:path";

import type { ValidateFunction } from "ajv";
import type Ajv from "ajv/dist/core.js";

import type { Exchange } from "../support/recording-proxy.ts";

/** The result of validating the responses of a test. */
export interface ValidationReport {
  validated: number;
  violations: string[];
  /** Exchanges for which there is no schema, with the number of times each occurred. */
  unspecified: Map<string, number>;
}

/** A JSON schema, as far as the known differences change it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  nullable?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  [keyword: string]: unknown;
}

/** The operations of a path by method. */
type PathItem = Record<string, { responses?: Record<string, { $ref?: string }> }>;

export interface OpenApiDocument {
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, Schema> };
}

/** How a provider's requests and responses map to its documents. */
export interface Mapping {
  /** The path as the documents write it. */
  documentedPath(path: string): string;
  /** The path without tokens and ids, for messages. */
  displayPath(path: string): string;
  /** The body to validate, or a violation that the schema cannot express. */
  body(exchange: Exchange): { body: unknown } | { violation: string };
}

/** The folder of a provider's documents below `root`, or the reason why they cannot be read. */
export function specFolder(root: string | undefined, provider: string, files: string[]): { path: string } | string {
  if (!root) return "TRIBUTARY_SPECS is not set";
  const path = join(root, provider);
  const missing = files.map((file) => join(path, file)).find((file) => !existsSync(file));
  return missing ? `${missing} does not exist` : { path };
}

interface Route {
  document: string;
  path: string;
  segments: string[];
  operations: PathItem;
}

export class OpenApiValidator {
  private readonly routes: Route[] = [];
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly ajv: Ajv.default;
  private readonly mapping: Mapping;

  /** `documents` by name. `ajv` has to support the dialect of JSON Schema in which they are written. */
  constructor(ajv: Ajv.default, documents: Map<string, OpenApiDocument>, mapping: Mapping) {
    this.ajv = ajv;
    this.mapping = mapping;
    for (const [document, spec] of documents) {
      ajv.addSchema(spec, document);
      for (const [path, operations] of Object.entries(spec.paths)) {
        this.routes.push({ document, path, segments: path.split("/"), operations });
      }
    }
    // Literal paths take precedence over paths with parameters.
    this.routes.sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments));
  }

  validate(exchanges: Exchange[]): ValidationReport {
    const report: ValidationReport = { validated: 0, violations: [], unspecified: new Map() };
    for (const exchange of exchanges) {
      const name = `${exchange.method} ${this.mapping.displayPath(exchange.path)} ${exchange.status}`;
      const validate = this.validator(exchange);
      if (!validate) {
        report.unspecified.set(name, (report.unspecified.get(name) ?? 0) + 1);
        continue;
      }
      report.validated += 1;
      const content = this.mapping.body(exchange);
      if ("violation" in content) report.violations.push(`${name}: ${content.violation}`);
      else if (!validate(content.body)) report.violations.push(`${name}: ${this.ajv.errorsText(validate.errors)}`);
    }
    return report;
  }

  private validator({ method, path, status }: Exchange): ValidateFunction | undefined {
    const segments = this.mapping.documentedPath(path).split("/");
    const route = this.routes.find((route) => route.operations[method.toLowerCase()] && matches(route.segments, segments));
    const responses = route?.operations[method.toLowerCase()]?.responses;
    if (!route || !responses || status === 204) return undefined;
    const code = String(status) in responses ? String(status) : "default";
    const described = responses[code];
    if (!described) return undefined;
    // A response that is a reference has its schema among the components.
    const reference = described.$ref;
    const response = reference ?? `#/paths/${escape(route.path)}/${method.toLowerCase()}/responses/${code}`;
    const media = reference ? "*/*" : "application/json";
    const pointer = `${route.document}${response}/content/${escape(media)}/schema`;
    const validate = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: pointer });
    this.compiled.set(pointer, validate);
    return validate;
  }
}

function matches(pattern: string[], segments: string[]): boolean {
  return pattern.length === segments.length && pattern.every((segment, at) => segment.startsWith("{") || segment === segments[at]);
}

function parameterCount(segments: string[]): number {
  return segments.filter((segment) => segment.startsWith("{")).length;
}

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
