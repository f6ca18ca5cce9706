<?php
$file = __DIR__ . '/uploads/count';
$ok = file_put_contents($file, 'x', FILE_APPEND);
clearstatcache();
echo $ok ? filesize($file) : 'cannot write';
