/* Plain C, one lane at a time: for compilers without vector types, and the yardstick for the others. */
#define PP_OWN_F32 0
#define PP_OWN_F64 0
#define PP_OWN_I32 0
#define PP_OWN_I64 0
#define PP_OWN_U8 0
#define PP_OWN_U16 0
#define PP_OWN_I16 0
#define PP_OWN_ZIP 0
#define PP_OWN_FOLD 0
#define PP_OWN_BITS 0
