/**
 * @file Which layer a parameter belongs to, and norms a layer.
 *
 * A layer is a part that one would name in a drawing of the network: a cross attention with its MLP, a transformer
 * layer, a TDNN block. It is called by the prefix that its parameters share in the state dict, such as
 * `ACA_blocks.0.cross_attention.1` or `blocks.2`.
 */

/** What a layer is made of: attention and its projections, norms, linear maps, convolutions. */
const PARTS = /\.(?:attn|out_proj|lnorm\d*|norm\d*|linear\d*|conv)$/;
/**
 * Layers whose inner structure goes deeper: a block of ECAPA-TDNN or ResNet, a dense layer of CAM++, a layer of an ACA block with its attention
 * or pooling.
 */
const DEEP =
  /^(?:blocks\.\d+|(?:head\.)?layer\d+(?:\.\d+)?|xvector\.(?:block\d+\.)?[a-z\d_]+|ACA_blocks\.\d+\.(?:cross_attention|latent_transformer\.transformer)\.\d+)(?=\.)/;

/** The layer of a parameter: its name without its own last part and the layer's inner structure. */
export function layerOf(parameter: string): string {
  const deep = DEEP.exec(parameter);
  if (deep) return deep[0];
  let name = parameter.replace(/\.[^.]+$/, '');
  while (PARTS.test(name)) name = name.replace(PARTS, '');
  return name;
}

/** Norm of each layer from the squared norms of its parameters, in the order of the parameters. */
export function layerNorms(names: readonly string[], squares: ArrayLike<number>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [i, name] of names.entries()) sums[layerOf(name)] = (sums[layerOf(name)] ?? 0) + squares[i];
  return Object.fromEntries(Object.entries(sums).map(([layer, sum]) => [layer, Math.sqrt(sum)]));
}
