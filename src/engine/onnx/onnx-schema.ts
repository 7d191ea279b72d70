/**
 * @file The part of ONNX's protobuf schema that acanet writes and reads (onnx.proto3, IR version 9), for protobufjs.
 *
 * Field numbers and names are those of the published format; unused messages and fields are left out.
 */
import protobuf from 'protobufjs/light.js';

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: 'repeated' });

const root = protobuf.Root.fromJSON({
  nested: {
    OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
    TensorShapeProto: { fields: { dim: repeated(1, 'Dimension') } },
    TensorTypeProto: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } },
    SequenceTypeProto: { fields: { elemType: field(1, 'TypeProto') } },
    TypeProto: { fields: { tensorType: field(1, 'TensorTypeProto'), sequenceType: field(4, 'SequenceTypeProto') } },
    ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
    TensorProto: {
      fields: {
        dims: repeated(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
        externalData: repeated(13, 'StringStringEntryProto'),
        dataLocation: field(14, 'int32'),
      },
    },
    AttributeProto: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        t: field(5, 'TensorProto'),
        g: field(6, 'GraphProto'),
        ints: repeated(8, 'int64'),
        graphs: repeated(11, 'GraphProto'),
        type: field(20, 'int32'),
      },
    },
    NodeProto: {
      fields: {
        input: repeated(1, 'string'),
        output: repeated(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: repeated(5, 'AttributeProto'),
        domain: field(7, 'string'),
      },
    },
    GraphProto: {
      fields: {
        node: repeated(1, 'NodeProto'),
        name: field(2, 'string'),
        initializer: repeated(5, 'TensorProto'),
        input: repeated(11, 'ValueInfoProto'),
        output: repeated(12, 'ValueInfoProto'),
      },
    },
    FunctionProto: { fields: { name: field(1, 'string'), node: repeated(7, 'NodeProto') } },
    StringStringEntryProto: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    ModelProto: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'GraphProto'),
        opsetImport: repeated(8, 'OperatorSetIdProto'),
        metadataProps: repeated(14, 'StringStringEntryProto'),
        functions: repeated(25, 'FunctionProto'),
      },
    },
  },
});

/** Encodes and decodes ONNX's ModelProto. */
export const ModelProto = root.lookupType('ModelProto');

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

/** TensorProto.DataType by number, under ONNX's own names. */
export const TENSOR_TYPES: readonly string[] =
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1'.split(
    ' ',
  );

/** TensorProto.DataLocation: the values are in another file. */
export const EXTERNAL = 1;
