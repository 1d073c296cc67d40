/** The service serves the library of this name beside the modules of the console. */
export { html, nothing, render, svg, type TemplateResult } from 'lit-html'
