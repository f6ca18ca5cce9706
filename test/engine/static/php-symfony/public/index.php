<?php
$var = dirname(__DIR__) . '/var';
@mkdir($var . '/log');
$ok = file_put_contents($var . '/cache/prod/pool', 'x') && file_put_contents($var . '/log/prod.log', 'x', FILE_APPEND);
clearstatcache();
echo $ok ? filesize($var . '/log/prod.log') : 'cannot write';
