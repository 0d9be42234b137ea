// SPDX-License-Identifier: Apache-2.0
// The protocol tables of src/protocol. README.md there explains the notation by example; this is its definition.
grammar Table;

file
    : program? area item* EOF
    ;

// program remote 0x20008086 version 1 strings 4194304
program
    : 'program' name=word number=INT 'version' version=INT ('strings' strings=INT)? ('uses' uses=word)?
    ;

// area Domain of remote
area
    : 'area' name=word 'of' owner=word
    ;

item
    : structure
    | union
    | enumeration
    | procedure
    | event
    ;

structure
    : 'struct' name=word '{' fields? '}'
    ;

// union TypedParamValue { 1 intValue: int, 7 stringValue: string }
union
    : 'union' name=word '{' arm (',' arm)* ','? '}'
    ;

arm
    : number=INT field
    ;

// enum: one of them; flags: any set of single bits. What carries it on the wire follows the colon: an int for an enum
// and a uint for flags unless it is given. Without an origin, an enum JobType stands for libvirt's virJobType.
enumeration
    : kind=('enum' | 'flags') name=word (':' carrier=word)? origin? '{' (constant (',' constant)* ','?)? '}'
    ;

constant
    : name=word '=' number=INT ('since' since=VERSION)?
    ;

procedure
    : number=INT name=word '(' arguments=fields? ')' ('->' '(' result=fields ')')? mark* origin? 'since' since=VERSION
    ;

event
    : 'event' number=INT name=word '(' body=fields? ')' origin? 'since' since=VERSION
    ;

// The function or enum type of libvirt's C API behind it. Without this a procedure DomainCreate stands for
// virDomainCreate.
origin
    : 'for' function=word
    | 'internal'
    ;

mark
    : 'priority'                                                             # priority
    | 'urgent'                                                               # urgent
    | direction=('sends' | 'receives' | 'exchanges') 'sparse'? 'stream'      # stream
    | direction=('sends' | 'returns' | 'exchanges') 'fds'                    # fds
    ;

fields
    : field (',' field)* ','?
    ;

// secret: never shown in a text
field
    : name=word ':' type secret='secret'?
    ;

// string(80)    at most 80 bytes; plain string takes the program's bound
// opaque(=16)   exactly 16 bytes
// T?  optional, T[64]  at most 64 of them, E as uchar  an enum or flags carried by something else
type
    : base=word ('(' exact='='? bound=INT ')')? suffix* ('as' carrier=word)?
    ;

suffix
    : '?'          # optional
    | '[' INT ']'  # array
    | '[' ']'      # unbounded
    ;

word
    : NAME
    | 'program' | 'version' | 'strings' | 'uses' | 'area' | 'of' | 'struct' | 'union' | 'enum' | 'flags' | 'since'
    | 'for' | 'event' | 'priority' | 'urgent' | 'sends' | 'receives' | 'exchanges' | 'returns' | 'sparse' | 'stream'
    | 'fds' | 'as' | 'internal' | 'secret'
    ;

VERSION : [0-9]+ '.' [0-9]+ ('.' [0-9]+)? ;
INT     : '0x' [0-9a-fA-F]+ | '-'? [0-9]+ ;
NAME    : [A-Za-z] [A-Za-z0-9_]* ;
COMMENT : '#' ~[\r\n]* -> channel(HIDDEN) ;
SPACE   : [ \t\r\n]+ -> skip ;
