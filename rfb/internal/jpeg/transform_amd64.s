#include "textflag.h"

// The cosine transform and the quantisation of two blocks side by side, one in each half of the registers, with AVX2. The
// arithmetic is that of transformGo, to the bit.

// The constants of transform.go.
#define COS1 22725
#define COS2 21407
#define COS3 19266
#define COS5 12873
#define COS6 8867
#define COS7 4520

// FILL makes a constant of eight equal numbers of 32 bits, PAIR one of eight equal pairs of 16.
#define FILL(name, v) \
	DATA name<>+0(SB)/4, $(v); \
	DATA name<>+4(SB)/4, $(v); \
	DATA name<>+8(SB)/4, $(v); \
	DATA name<>+12(SB)/4, $(v); \
	DATA name<>+16(SB)/4, $(v); \
	DATA name<>+20(SB)/4, $(v); \
	DATA name<>+24(SB)/4, $(v); \
	DATA name<>+28(SB)/4, $(v); \
	GLOBL name<>(SB), RODATA|NOPTR, $32

#define PAIR(name, a, b) FILL(name, ((a)&0xFFFF)|(((b)&0xFFFF)<<16))

PAIR(c2c6, COS2, COS6)
PAIR(c6n2, COS6, -COS2)
PAIR(c1c3, COS1, COS3)
PAIR(c5c7, COS5, COS7)
PAIR(c3n7, COS3, -COS7)
PAIR(n1n5, -COS1, -COS5)
PAIR(c5n1, COS5, -COS1)
PAIR(c7c3, COS7, COS3)
PAIR(c7n5, COS7, -COS5)
PAIR(c3n1, COS3, -COS1)
PAIR(quarter, 8192, 8192)
FILL(round12, 1<<11)
FILL(round16, 1<<15)

// Which bytes of 16 places of a block (second digit) go where in 16 places of the zigzag order (first digit).
DATA zigzag00<>+0(SB)/8, $0x8080800902010800
DATA zigzag00<>+8(SB)/8, $0x808080800b04030a
GLOBL zigzag00<>(SB), RODATA|NOPTR, $16
DATA zigzag01<>+0(SB)/8, $0x0108008080808080
DATA zigzag01<>+8(SB)/8, $0x8080090280808080
GLOBL zigzag01<>(SB), RODATA|NOPTR, $16
DATA zigzag02<>+0(SB)/8, $0x8080808080808080
DATA zigzag02<>+8(SB)/8, $0x0800808080808080
GLOBL zigzag02<>(SB), RODATA|NOPTR, $16
DATA zigzag10<>+0(SB)/8, $0x800d06050c808080
DATA zigzag10<>+8(SB)/8, $0x8080808080808080
GLOBL zigzag10<>(SB), RODATA|NOPTR, $16
DATA zigzag11<>+0(SB)/8, $0x0480808080030a80
DATA zigzag11<>+8(SB)/8, $0x808080808080800b
GLOBL zigzag11<>(SB), RODATA|NOPTR, $16
DATA zigzag12<>+0(SB)/8, $0x8080808080808001
DATA zigzag12<>+8(SB)/8, $0x030a808080090280
GLOBL zigzag12<>(SB), RODATA|NOPTR, $16
DATA zigzag13<>+0(SB)/8, $0x8080808080808080
DATA zigzag13<>+8(SB)/8, $0x8080010800808080
GLOBL zigzag13<>(SB), RODATA|NOPTR, $16
DATA zigzag20<>+0(SB)/8, $0x8080800f070e8080
DATA zigzag20<>+8(SB)/8, $0x8080808080808080
GLOBL zigzag20<>(SB), RODATA|NOPTR, $16
DATA zigzag21<>+0(SB)/8, $0x800d06808080050c
DATA zigzag21<>+8(SB)/8, $0x0e80808080808080
GLOBL zigzag21<>(SB), RODATA|NOPTR, $16
DATA zigzag22<>+0(SB)/8, $0x0480808080808080
DATA zigzag22<>+8(SB)/8, $0x80050c808080800b
GLOBL zigzag22<>(SB), RODATA|NOPTR, $16
DATA zigzag23<>+0(SB)/8, $0x8080808080808080
DATA zigzag23<>+8(SB)/8, $0x808080030a090280
GLOBL zigzag23<>(SB), RODATA|NOPTR, $16
DATA zigzag31<>+0(SB)/8, $0x8080808080800f07
DATA zigzag31<>+8(SB)/8, $0x8080808080808080
GLOBL zigzag31<>(SB), RODATA|NOPTR, $16
DATA zigzag32<>+0(SB)/8, $0x808080800d068080
DATA zigzag32<>+8(SB)/8, $0x80808080800f070e
GLOBL zigzag32<>(SB), RODATA|NOPTR, $16
DATA zigzag33<>+0(SB)/8, $0x050c0b0480808080
DATA zigzag33<>+8(SB)/8, $0x0f070e0d06808080
GLOBL zigzag33<>(SB), RODATA|NOPTR, $16

// SUM2 makes out, of eight numbers, from two registers of pairs.
#define SUM2(lo, hi, c, round, shift, out, t) \
	VPMADDWD c<>(SB), lo, out; \
	VPMADDWD c<>(SB), hi, t; \
	VPADDD round<>(SB), out, out; \
	VPADDD round<>(SB), t, t; \
	VPSRAD $shift, out, out; \
	VPSRAD $shift, t, t; \
	VPACKSSDW t, out, out

// SUM4 does so from four.
#define SUM4(lo, hi, c, lo2, hi2, c2, round, shift, out, t0, t1, t2) \
	VPMADDWD c<>(SB), lo, t0; \
	VPMADDWD c2<>(SB), lo2, t1; \
	VPMADDWD c<>(SB), hi, out; \
	VPMADDWD c2<>(SB), hi2, t2; \
	VPADDD t1, t0, t0; \
	VPADDD t2, out, out; \
	VPADDD round<>(SB), t0, t0; \
	VPADDD round<>(SB), out, out; \
	VPSRAD $shift, t0, t0; \
	VPSRAD $shift, out, out; \
	VPACKSSDW out, t0, out

// BUTTERFLY transforms r0 to r7 as butterfly does; the results but 0 and 4 are rounded and shifted.
#define BUTTERFLY(r0, r1, r2, r3, r4, r5, r6, r7, t0, t1, t2, t3, t4, t5, t6, t7, round, shift) \
	VPSUBW r7, r0, t0; \
	VPADDW r7, r0, r0; \
	VPSUBW r6, r1, t1; \
	VPADDW r6, r1, r1; \
	VPSUBW r5, r2, t2; \
	VPADDW r5, r2, r2; \
	VPSUBW r4, r3, t3; \
	VPADDW r4, r3, r3; \
	VPADDW r3, r0, r4; \
	VPSUBW r3, r0, r5; \
	VPADDW r2, r1, r6; \
	VPSUBW r2, r1, r7; \
	VPADDW r6, r4, r0; \
	VPSUBW r6, r4, r4; \
	VPUNPCKLWD r7, r5, t4; \
	VPUNPCKHWD r7, r5, t5; \
	SUM2(t4, t5, c2c6, round, shift, r2, t6); \
	SUM2(t4, t5, c6n2, round, shift, r6, t7); \
	VPUNPCKLWD t1, t0, t4; \
	VPUNPCKHWD t1, t0, t5; \
	VPUNPCKLWD t3, t2, t6; \
	VPUNPCKHWD t3, t2, t7; \
	SUM4(t4, t5, c1c3, t6, t7, c5c7, round, shift, r1, t0, t1, t2); \
	SUM4(t4, t5, c3n7, t6, t7, n1n5, round, shift, r3, t0, t1, t2); \
	SUM4(t4, t5, c5n1, t6, t7, c7c3, round, shift, r5, t0, t1, t2); \
	SUM4(t4, t5, c7n5, t6, t7, c3n1, round, shift, r7, t0, t1, t2)

// QUANTISE divides row i of both blocks, as quantise does, and stores it.
#define QUANTISE(i, r) \
	VBROADCASTI128 (16*i)(R8), Y1; \
	VBROADCASTI128 (128+16*i)(R8), Y2; \
	VBROADCASTI128 (256+16*i)(R8), Y3; \
	VPABSW r, Y0; \
	VPADDW Y1, Y0, Y0; \
	VPMULHUW Y2, Y0, Y0; \
	VPMULHUW Y3, Y0, Y0; \
	VPSIGNW r, Y0, r

// SHUFFLE adds to out the places that come from in.
#define SHUFFLE(name, in, out, t) \
	VBROADCASTI128 name<>(SB), t; \
	VPSHUFB t, in, t; \
	VPOR t, out, out

// func transformAVX2(dst *[2]block, nonzero *[2]uint64, src *int8, q *quantiser)
TEXT ·transformAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ nonzero+8(FP), BX
	MOVQ src+16(FP), SI
	MOVQ q+24(FP), R8

	VPMOVSXBW 0(SI), Y0
	VPMOVSXBW 32(SI), Y1
	VPMOVSXBW 64(SI), Y2
	VPMOVSXBW 96(SI), Y3
	VPMOVSXBW 128(SI), Y4
	VPMOVSXBW 160(SI), Y5
	VPMOVSXBW 192(SI), Y6
	VPMOVSXBW 224(SI), Y7
	BUTTERFLY(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15, round12, 12)
	VPSLLW $2, Y0, Y0
	VPSLLW $2, Y4, Y4

	// Turn rows into columns, Y0 to Y7 into Y8 to Y15.
	VPUNPCKLWD Y1, Y0, Y8
	VPUNPCKHWD Y1, Y0, Y9
	VPUNPCKLWD Y3, Y2, Y10
	VPUNPCKHWD Y3, Y2, Y11
	VPUNPCKLWD Y5, Y4, Y12
	VPUNPCKHWD Y5, Y4, Y13
	VPUNPCKLWD Y7, Y6, Y14
	VPUNPCKHWD Y7, Y6, Y15
	VPUNPCKLDQ Y10, Y8, Y0
	VPUNPCKHDQ Y10, Y8, Y1
	VPUNPCKLDQ Y14, Y12, Y2
	VPUNPCKHDQ Y14, Y12, Y3
	VPUNPCKLDQ Y11, Y9, Y4
	VPUNPCKHDQ Y11, Y9, Y5
	VPUNPCKLDQ Y15, Y13, Y6
	VPUNPCKHDQ Y15, Y13, Y7
	VPUNPCKLQDQ Y2, Y0, Y8
	VPUNPCKHQDQ Y2, Y0, Y9
	VPUNPCKLQDQ Y3, Y1, Y10
	VPUNPCKHQDQ Y3, Y1, Y11
	VPUNPCKLQDQ Y6, Y4, Y12
	VPUNPCKHQDQ Y6, Y4, Y13
	VPUNPCKLQDQ Y7, Y5, Y14
	VPUNPCKHQDQ Y7, Y5, Y15

	BUTTERFLY(Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, round16, 16)
	VPMULHRSW quarter<>(SB), Y8, Y8
	VPMULHRSW quarter<>(SB), Y12, Y12

	QUANTISE(0, Y8)
	QUANTISE(1, Y9)
	QUANTISE(2, Y10)
	QUANTISE(3, Y11)
	QUANTISE(4, Y12)
	QUANTISE(5, Y13)
	QUANTISE(6, Y14)
	QUANTISE(7, Y15)

	// The first block is in the lower halves, the second in the upper ones.
	VPERM2I128 $0x20, Y9, Y8, Y0
	VPERM2I128 $0x20, Y11, Y10, Y1
	VPERM2I128 $0x20, Y13, Y12, Y2
	VPERM2I128 $0x20, Y15, Y14, Y3
	VPERM2I128 $0x31, Y9, Y8, Y4
	VPERM2I128 $0x31, Y11, Y10, Y5
	VPERM2I128 $0x31, Y13, Y12, Y6
	VPERM2I128 $0x31, Y15, Y14, Y7
	VMOVDQU Y0, 0(DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, 64(DI)
	VMOVDQU Y3, 96(DI)
	VMOVDQU Y4, 128(DI)
	VMOVDQU Y5, 160(DI)
	VMOVDQU Y6, 192(DI)
	VMOVDQU Y7, 224(DI)

	// Bytes that are zero where the coefficients are, in zigzag order, become the bits of nonzero.
	VPACKSSWB Y9, Y8, Y0
	VPACKSSWB Y11, Y10, Y1
	VPACKSSWB Y13, Y12, Y2
	VPACKSSWB Y15, Y14, Y3
	VPXOR Y15, Y15, Y15
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	VPXOR Y10, Y10, Y10
	VPXOR Y11, Y11, Y11
	SHUFFLE(zigzag00, Y0, Y8, Y4)
	SHUFFLE(zigzag01, Y1, Y8, Y4)
	SHUFFLE(zigzag02, Y2, Y8, Y4)
	SHUFFLE(zigzag10, Y0, Y9, Y5)
	SHUFFLE(zigzag11, Y1, Y9, Y5)
	SHUFFLE(zigzag12, Y2, Y9, Y5)
	SHUFFLE(zigzag13, Y3, Y9, Y5)
	SHUFFLE(zigzag20, Y0, Y10, Y6)
	SHUFFLE(zigzag21, Y1, Y10, Y6)
	SHUFFLE(zigzag22, Y2, Y10, Y6)
	SHUFFLE(zigzag23, Y3, Y10, Y6)
	SHUFFLE(zigzag31, Y1, Y11, Y7)
	SHUFFLE(zigzag32, Y2, Y11, Y7)
	SHUFFLE(zigzag33, Y3, Y11, Y7)
	VPERM2I128 $0x20, Y9, Y8, Y0
	VPERM2I128 $0x31, Y9, Y8, Y1
	VPERM2I128 $0x20, Y11, Y10, Y2
	VPERM2I128 $0x31, Y11, Y10, Y3
	VPCMPEQB Y15, Y0, Y0
	VPCMPEQB Y15, Y1, Y1
	VPCMPEQB Y15, Y2, Y2
	VPCMPEQB Y15, Y3, Y3
	VPMOVMSKB Y0, AX
	VPMOVMSKB Y2, CX
	SHLQ $32, CX
	ORQ CX, AX
	NOTQ AX
	MOVQ AX, 0(BX)
	VPMOVMSKB Y1, AX
	VPMOVMSKB Y3, CX
	SHLQ $32, CX
	ORQ CX, AX
	NOTQ AX
	MOVQ AX, 8(BX)
	VZEROUPPER
	RET
