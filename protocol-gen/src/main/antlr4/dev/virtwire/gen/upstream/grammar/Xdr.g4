// SPDX-License-Identifier: Apache-2.0
// The XDR language (RFC 4506), as far as libvirt's .x files use it.
grammar Xdr;

file
    : definition* EOF
    ;

definition
    : 'const' name=NAME '=' value ';'                                       # constant
    | 'typedef' declaration ';'                                             # alias
    | 'enum' name=NAME '{' member (',' member)* ','? '}' ';'                # enumeration
    | 'struct' name=NAME '{' (declaration ';')* '}' ';'                     # structure
    | 'union' name=NAME 'switch' '(' declaration ')' '{' arm* '}' ';'       # union
    ;

member
    : name=NAME '=' value
    ;

arm
    : 'case' value ':' declaration ';'
    ;

declaration
    : type name=NAME                    # plain
    | type '*' name=NAME                # optional
    | type name=NAME '<' value? '>'     # variable
    | type name=NAME '[' value ']'      # fixed
    ;

type
    : 'unsigned' ('char' | 'short' | 'int' | 'hyper')?
    | 'char' | 'short' | 'int' | 'hyper' | 'double' | 'string' | 'opaque'
    | ('struct' | 'enum' | 'union')? NAME
    ;

value
    : NAME
    | NUMBER
    ;

NUMBER  : '-'? ('0x' [0-9a-fA-F]+ | [0-9]+) ;
NAME    : [A-Za-z_] [A-Za-z0-9_]* ;
COMMENT : '/*' .*? '*/' -> channel(HIDDEN) ;
// What rpcgen passes through to C.
PASSED  : '%' ~[\r\n]* -> skip ;
SPACE   : [ \t\r\n]+ -> skip ;
