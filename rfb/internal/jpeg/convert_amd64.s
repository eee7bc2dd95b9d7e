#include "textflag.h"

// The conversion of pixels to brightness and colour differences with AVX2. The arithmetic is that of convert420Go and
// convert444Go, to the bit. A register of eight pixels is split into one of blue and red, and one of green twice, each as numbers
// of 16 bits, so that one multiplication of pairs takes in two colours.

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

// The constants of transform.go. Green's weight in brightness is too large for 16 bits: it is in two halves.
PAIR(yBR, 7471, 19595)
PAIR(yGG, 19235, 19235)
PAIR(cbBR, 16384, -5529)
PAIR(cbGG, -10855, 0)
PAIR(crBR, -2664, 16384)
PAIR(crGG, -13720, 0)
FILL(roundY, (0x8000-0x800000)&0xFFFFFFFF)
FILL(round4, 0xFFFF)
FILL(round1, 0x3FFF)
FILL(maskBR, 0x00FF00FF)

// Which bytes of four pixels become green twice.
DATA green<>+0(SB)/8, $0x8005800580018001
DATA green<>+8(SB)/8, $0x800D800D80098009
DATA green<>+16(SB)/8, $0x8005800580018001
DATA green<>+24(SB)/8, $0x800D800D80098009
GLOBL green<>(SB), RODATA|NOPTR, $32

// Packing works on the halves of registers apart: order puts groups of four numbers in order again, orderC words within halves.
DATA order<>+0(SB)/8, $0x0000000400000000
DATA order<>+8(SB)/8, $0x0000000500000001
DATA order<>+16(SB)/8, $0x0000000600000002
DATA order<>+24(SB)/8, $0x0000000700000003
GLOBL order<>(SB), RODATA|NOPTR, $32
DATA orderC<>+0(SB)/8, $0x0B0A030209080100
DATA orderC<>+8(SB)/8, $0x0F0E07060D0C0504
DATA orderC<>+16(SB)/8, $0x0B0A030209080100
DATA orderC<>+24(SB)/8, $0x0F0E07060D0C0504
GLOBL orderC<>(SB), RODATA|NOPTR, $32

// CONSTANTS are those that are kept in registers.
#define CONSTANTS \
	VMOVDQU yGG<>(SB), Y12; \
	VMOVDQU yBR<>(SB), Y13; \
	VMOVDQU green<>(SB), Y14; \
	VMOVDQU maskBR<>(SB), Y15

// SPLIT loads eight pixels.
#define SPLIT(pix, br, gg) \
	VMOVDQU pix, br; \
	VPSHUFB Y14, br, gg; \
	VPAND Y15, br, br

// WEIGH makes eight sums; out and t may be br and gg.
#define WEIGH(br, gg, weightBR, weightGG, round, shift, out, t) \
	VPMADDWD weightBR, br, out; \
	VPMADDWD weightGG, gg, t; \
	VPADDD round<>(SB), out, out; \
	VPADDD t, out, out; \
	VPSRAD $shift, out, out

// HALF420 makes the samples of 16 × 2 pixels: brightness in Y2 (the upper row) and Y5 as numbers of 16 bits, blue and red
// differences in Y3 and Y0 as numbers of 32. The sums of four bytes are below 1024, so that those of blue never reach red's.
#define HALF420(at, next) \
	SPLIT(at(SI), Y0, Y1); \
	WEIGH(Y0, Y1, Y13, Y12, roundY, 16, Y2, Y5); \
	SPLIT(next(SI), Y3, Y4); \
	WEIGH(Y3, Y4, Y13, Y12, roundY, 16, Y6, Y5); \
	VPACKSSDW Y6, Y2, Y2; \
	SPLIT(at(DX), Y5, Y6); \
	VPADDW Y5, Y0, Y0; \
	VPADDW Y6, Y1, Y1; \
	WEIGH(Y5, Y6, Y13, Y12, roundY, 16, Y5, Y6); \
	SPLIT(next(DX), Y11, Y6); \
	VPADDW Y11, Y3, Y3; \
	VPADDW Y6, Y4, Y4; \
	WEIGH(Y11, Y6, Y13, Y12, roundY, 16, Y11, Y6); \
	VPACKSSDW Y11, Y5, Y5; \
	VPHADDD Y3, Y0, Y0; \
	VPHADDD Y4, Y1, Y1; \
	WEIGH(Y0, Y1, cbBR<>(SB), cbGG<>(SB), round4, 17, Y3, Y4); \
	WEIGH(Y0, Y1, crBR<>(SB), crGG<>(SB), round4, 17, Y0, Y1)

// func convert420AVX2(dst *group, pix *byte, stride int)
TEXT ·convert420AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ pix+8(FP), SI
	MOVQ stride+16(FP), R8
	CONSTANTS
	LEAQ 512(DI), R9
	MOVQ $8, CX
loop420:
	LEAQ (SI)(R8*1), DX
	HALF420(0, 32)
	VMOVDQA Y2, Y7
	VMOVDQA Y5, Y8
	VMOVDQA Y3, Y9
	VMOVDQA Y0, Y10
	HALF420(64, 96)
	VMOVDQU order<>(SB), Y6
	VPACKSSWB Y2, Y7, Y7
	VPACKSSWB Y5, Y8, Y8
	VPERMD Y7, Y6, Y7
	VPERMD Y8, Y6, Y8
	VMOVDQU Y7, 0(DI)
	VMOVDQU Y8, 32(DI)
	VPACKSSDW Y3, Y9, Y9
	VPACKSSDW Y0, Y10, Y10
	VPACKSSWB Y10, Y9, Y9
	VPERMQ $0xD8, Y9, Y9
	VPSHUFB orderC<>(SB), Y9, Y9
	VMOVDQU X9, 0(R9)
	VEXTRACTI128 $1, Y9, 512(R9)
	ADDQ $64, DI
	ADDQ $32, R9
	LEAQ (DX)(R8*1), SI
	DECQ CX
	JNZ loop420
	VZEROUPPER
	RET

// HALF444 makes the samples of 16 pixels, as numbers of 16 bits: brightness in Y2, blue and red differences in Y3 and Y0.
#define HALF444(at, next) \
	SPLIT(at(SI), Y0, Y1); \
	WEIGH(Y0, Y1, Y13, Y12, roundY, 16, Y2, Y3); \
	WEIGH(Y0, Y1, cbBR<>(SB), cbGG<>(SB), round1, 15, Y3, Y4); \
	WEIGH(Y0, Y1, crBR<>(SB), crGG<>(SB), round1, 15, Y0, Y1); \
	SPLIT(next(SI), Y4, Y5); \
	WEIGH(Y4, Y5, Y13, Y12, roundY, 16, Y6, Y1); \
	WEIGH(Y4, Y5, cbBR<>(SB), cbGG<>(SB), round1, 15, Y1, Y7); \
	WEIGH(Y4, Y5, crBR<>(SB), crGG<>(SB), round1, 15, Y4, Y5); \
	VPACKSSDW Y6, Y2, Y2; \
	VPACKSSDW Y1, Y3, Y3; \
	VPACKSSDW Y4, Y0, Y0

// func convert444AVX2(dst *group, pix *byte, stride int)
TEXT ·convert444AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ pix+8(FP), SI
	MOVQ stride+16(FP), R8
	CONSTANTS
	VMOVDQU order<>(SB), Y11
	MOVQ $8, CX
loop444:
	HALF444(0, 32)
	VMOVDQA Y2, Y8
	VMOVDQA Y3, Y9
	VMOVDQA Y0, Y10
	HALF444(64, 96)
	VPACKSSWB Y2, Y8, Y8
	VPACKSSWB Y3, Y9, Y9
	VPACKSSWB Y0, Y10, Y10
	VPERMD Y8, Y11, Y8
	VPERMD Y9, Y11, Y9
	VPERMD Y10, Y11, Y10
	VMOVDQU Y8, 0(DI)
	VMOVDQU Y9, 512(DI)
	VMOVDQU Y10, 1024(DI)
	ADDQ $32, DI
	ADDQ R8, SI
	DECQ CX
	JNZ loop444
	VZEROUPPER
	RET
