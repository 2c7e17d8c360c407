#include "CIntrinsics.h"

_Thread_local void *olap_thread_statement = 0;
