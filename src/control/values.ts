/** What XML-RPC can say (xmlrpc.com/spec), as JavaScript has it. */

/** Numbers without a fraction are ints; `null` is the nil that most clients know. */
export type RpcValue = null | string | number | boolean | Date | Uint8Array | RpcValue[] | RpcStruct;

/** Without a prototype where it came from outside. */
export interface RpcStruct {
  [name: string]: RpcValue;
}
